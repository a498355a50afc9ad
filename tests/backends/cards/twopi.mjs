// An app on twopi_flask_utils' token_auth.
import { randomBytes } from "node:crypto";
import { html, json } from "../support/gate.mjs";
import { formBody, routes } from "./card.mjs";
import { sign, verify } from "./jwt.mjs";

const SECRET = "supersecret";
const LIFETIME = 3600;

export function twopi(clock) {
  const granted = new Map();
  const wrong = (text) => json(401, { _errors: [text] });

  const issue = ({ id, user }) => {
    const iat = Math.floor(clock.seconds());
    return sign({ iat, user_id: user, rfid: id, scopes: ["360noscope"], exp: iat + LIFETIME }, SECRET);
  };
  const guarded = (route) => ({ headers, query }) => {
    const token = /^Bearer (.+)/.exec(headers.authorization ?? "")?.[1] ?? query.get("token");
    if (!token) return wrong("A valid token is required to access this resource");
    const claims = verify(token, SECRET, clock.seconds());
    return typeof claims === "string" ? wrong("The provided token was invalid.") : route(claims);
  };

  return routes({
    "POST /login"(request) {
      const { username, password } = formBody(request);
      if (username !== "test" || password !== "test") return html(401);
      const grant = { id: randomBytes(16).toString("hex"), user: username };
      const refreshToken = randomBytes(40).toString("hex");
      granted.set(refreshToken, grant);
      return json(200, { refreshToken, token: issue(grant) });
    },
    "POST /renew"(request) {
      const grant = granted.get(formBody(request).refreshToken);
      return grant ? json(200, { token: issue(grant) }) : html(401);
    },
    "POST /logout": guarded(({ rfid }) => {
      const [token] = [...granted].find(([, { id }]) => id === rfid) ?? [];
      return granted.delete(token) ? json(200, { status: "success" }) : html(401);
    }),
    "POST /protected": guarded(({ user_id }) => html(200, `Welcome, ${user_id}`)),
  });
}
