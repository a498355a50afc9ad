// Where servers like to have their endpoints.

export const LOGINS = ["/login", "/auth/login", "/api/login", "/api/auth/login", "/auth/token", "/api/token", "/token", "/users/login", "/api/v1/auth/login", "/sessions"];

/** Paths of these names beside the login that has worked. */
export function siblings({ facts }, names) {
  const [login] = facts.answers;
  if (!login) return [];
  const { pathname } = new URL(login.url);
  const directory = pathname.replace(/\/$/, "").replace(/[^/]*$/, "");
  return names.flatMap((name) => (pathname.endsWith("/") ? [`${pathname}${name}/`, `${directory}${name}/`] : [`${directory}${name}`, `${pathname}/${name}`]));
}
