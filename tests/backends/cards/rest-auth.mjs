// M. Grinberg's REST-auth.
import { html, json } from "../support/gate.mjs";
import { jsonBody, routes } from "./card.mjs";
import { sign, verify } from "./jwt.mjs";

const SECRET = "the quick brown fox jumps over the lazy dog";
const LIFETIME = 600;

export function restAuth(clock) {
  const users = [{ username: "miguel", password: "python" }];
  const refused = () => html(401, "Unauthorized Access", { "www-authenticate": 'Basic realm="Authentication Required"' });

  // A token in the place of the user name, or the user name with its password.
  const authenticate = ({ headers }) => {
    const [scheme, encoded] = headers.authorization?.split(" ") ?? [];
    if (scheme !== "Basic") return undefined;
    const [name, ...password] = Buffer.from(encoded, "base64").toString().split(":");
    const claims = verify(name, SECRET, clock.seconds());
    return users[claims.id - 1] ?? users.find((user) => user.username === name && user.password === password.join(":"));
  };
  const guarded = (route) => (request) => {
    const user = authenticate(request);
    return user ? route(user) : refused();
  };

  const table = routes({
    "POST /api/users"(request) {
      const { username, password } = jsonBody(request) ?? {};
      if (!username || !password || users.some((user) => user.username === username)) return html(400);
      users.push({ username, password });
      return json(201, { username }, { location: `/api/users/${users.length}` });
    },
    "GET /api/token": guarded((user) =>
      json(200, { duration: LIFETIME, token: sign({ id: users.indexOf(user) + 1, exp: clock.seconds() + LIFETIME }, SECRET) }),
    ),
    "GET /api/resource": guarded(({ username }) => json(200, { data: `Hello, ${username}!` })),
  });
  return (request) => {
    const [, id] = /^\/api\/users\/(\d+)$/.exec(request.path) ?? [];
    if (!id || request.method !== "GET") return table(request);
    const user = users[id - 1];
    return user ? json(200, { username: user.username }) : html(400);
  };
}
