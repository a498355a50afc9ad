/** The names that `protocol` takes, and where one is looked for: the more telling first. */
export const PRESETS = ["reference", "fathat", "flask-jwt-auth", "flask-stateless-auth", "simplejwt", "rest-auth", "twopi", "flask-jwt-extended", "oauth2"];
