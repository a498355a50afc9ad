// Real Python's flask-jwt-auth.
import { html, json } from "../support/gate.mjs";
import { jsonBody, routes } from "./card.mjs";
import { sign, verify } from "./jwt.mjs";

const SECRET = "my_precious";

export function flaskJwtAuth(clock, { lifetime = 5 } = {}) {
  const users = [{ email: "joe@gmail.com", password: "123456", registered_on: "Sun, 22 Nov 2026 20:00:00 GMT" }];
  const ended = new Set();
  const fail = (status, message) => json(status, { message, status: "fail" });

  // The same second gives the same token.
  const issue = (status, user, message) => {
    const iat = Math.floor(clock.seconds());
    const auth_token = sign({ exp: iat + lifetime, iat, sub: users.indexOf(user) + 1 }, SECRET);
    return json(status, { auth_token, message, status: "success" });
  };
  const read = (token, route) => {
    const claims = verify(token, SECRET, clock.seconds());
    if (ended.has(token)) return fail(401, "Token blacklisted. Please log in again.");
    if (claims === "expired") return fail(401, "Signature expired. Please log in again.");
    if (claims === "invalid") return fail(401, "Invalid token. Please log in again.");
    return route(token, users[claims.sub - 1]);
  };

  return routes(
    {
      "POST /auth/register"(request) {
        const { email, password } = jsonBody(request) ?? {};
        if (users.some((user) => user.email === email)) return fail(202, "User already exists. Please Log in.");
        if (!email || !password) return fail(401, "Some error occurred. Please try again.");
        const user = { email, password, registered_on: new Date(clock.seconds() * 1000).toUTCString() };
        users.push(user);
        return issue(201, user, "Successfully registered.");
      },
      "POST /auth/login"(request) {
        const { email, password } = jsonBody(request) ?? {};
        const user = users.find((user) => user.email === email && user.password === password);
        return user ? issue(200, user, "Successfully logged in.") : fail(404, "User does not exist.");
      },
      "GET /auth/status"({ headers: { authorization } }) {
        if (!authorization) return fail(401, "Provide a valid auth token.");
        const [, token] = authorization.split(" ");
        if (token === undefined) return fail(401, "Bearer token malformed.");
        return read(token, (_, { email, registered_on }) =>
          json(200, { data: { admin: false, email, registered_on, user_id: users.findIndex((user) => user.email === email) + 1 }, status: "success" }),
        );
      },
      "POST /auth/logout"({ headers: { authorization } }) {
        if (!authorization) return fail(403, "Provide a valid auth token.");
        const [, token] = authorization.split(" ");
        if (token === undefined) return html(500);
        return read(token, (token) => {
          ended.add(token);
          return json(200, { message: "Successfully logged out.", status: "success" });
        });
      },
    },
    { cors: true },
  );
}
