// The example app of Flask-Stateless-Auth.
import { randomBytes } from "node:crypto";
import { html, json } from "../support/gate.mjs";
import { routes } from "./card.mjs";

const LIFETIME = 3600;
const REFRESH_LIFETIME = 365 * 24 * 3600;

export function flaskStatelessAuth(clock) {
  const users = new Map([["omar", undefined]]);
  const wrong = (status, text) => json(status, { error: text });
  // Whatever it has not thought of.
  const crashed = () => html(500);

  const issue = (name) => {
    const token = () => randomBytes(32).toString("base64");
    const pair = { name, access: token(), refresh: token(), since: clock.seconds() };
    users.set(name, pair);
    return json(201, { access_token: pair.access, expiry: LIFETIME, refresh_token: pair.refresh });
  };
  const guarded = (type, lifetime, route) => (request) => {
    const parts = request.headers.authorization?.split(" ");
    if (!parts) return wrong(400, "Request error: No token provided");
    if (parts.length !== 2) return wrong(400, "Request error: Invalid number of arguments in token header");
    if (parts[0] !== "Bearer") return wrong(400, "Request error: Invalid token type");
    const pair = [...users.values()].find((pair) => pair?.[type] === parts[1]);
    if (!pair) return wrong(401, `Token error: ${type} token doesn't belong to a user`);
    if (clock.seconds() > pair.since + lifetime) return wrong(401, `Token error: ${type} token expired`);
    return route(pair);
  };
  const named = (route) => (request) => {
    const { username } = JSON.parse(request.body || "{}");
    return route(username);
  };

  return routes({
    "POST /user": named((name) => {
      if (users.has(name)) return crashed();
      users.set(name, undefined);
      return json(201, { msg: "Success!" });
    }),
    "POST /create_token": named((name) => (users.has(name) ? issue(name) : crashed())),
    "PUT /refresh_token": guarded("refresh", REFRESH_LIFETIME, ({ name }) => issue(name)),
    "DELETE /delete_token": named((name) => {
      if (!users.get(name)) return crashed();
      users.set(name, undefined);
      return json(201, { msg: "Success!" });
    }),
    "GET /secret": guarded("access", LIFETIME, () => json(200, { secret: "Stateless auth is awesome :O" })),
    "GET /whoami": guarded("access", LIFETIME, ({ name }) => json(200, { my_username: name })),
  });
}
