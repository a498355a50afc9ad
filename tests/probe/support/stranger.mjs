// A server that no preset is for: nested tokens with dates, its own names, codes deep down, and errors that quote
// what they were sent.
import { randomBytes } from "node:crypto";
import { json } from "../../backends/support/gate.mjs";
import { jsonBody, routes } from "../../backends/cards/card.mjs";

export const GUEST = { login: "grace", password: "hopper-1906" };
const LIFETIME = 900_000;

export function stranger() {
  const token = () => randomBytes(24).toString("base64url");
  const [alive, renewable] = [new Map(), new Map()];
  const wrong = (status, code, detail) => json(status, { error: { code, detail } });

  const issue = () => {
    const family = { access: token(), refresh: token(), ends: Date.now() + LIFETIME };
    alive.set(family.access, family);
    renewable.set(family.refresh, family);
    return json(200, { data: { tokens: { access: { token: family.access, expires: new Date(family.ends).toISOString() }, refresh: { token: family.refresh } }, user: { id: 7 } } });
  };
  const bearer = ({ headers }) => /^Token (.+)$/.exec(headers.authorization ?? "")?.[1] ?? /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];

  return routes({
    "POST /auth/login"(request) {
      const { login, password } = jsonBody(request) ?? {};
      return login === GUEST.login && password === GUEST.password ? issue() : wrong(401, "wrong_credentials", `${login} and ${password} do not go together`);
    },
    "POST /auth/refresh"(request) {
      const { refresh_token } = jsonBody(request) ?? {};
      if (!refresh_token) return wrong(400, "missing_token", "refresh_token is missing");
      const family = renewable.get(refresh_token);
      if (!family) return wrong(403, "unknown_refresh", `there is no ${refresh_token}`);
      renewable.delete(refresh_token);
      return issue();
    },
    "POST /auth/logout"(request) {
      const family = alive.get(bearer(request));
      if (!family) return wrong(401, "no_session", `there is no ${bearer(request)}`);
      alive.delete(family.access);
      renewable.delete(family.refresh);
      return json(200, {});
    },
    "GET /me": (request) => (alive.has(bearer(request)) ? json(200, { name: "grace" }) : wrong(401, "bad_token", `${bearer(request)} is no good`)),
  });
}
