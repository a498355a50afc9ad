// Fathat's "Stage 4" API.
import { randomUUID } from "node:crypto";
import { answer, html, json } from "../support/gate.mjs";
import { jsonBody, routes } from "./card.mjs";
import { sign, verify } from "./jwt.mjs";

const ROLES = { basic: 1, admin: 2 };
const KINDS = {
  standard: { claim: "standard_claim", secret: "access-secret", lifetime: 10 * 3600 },
  refresh: { claim: "refresh_claim", secret: "refresh-secret", lifetime: 24 * 3600 },
  email: { claim: "email_claim", secret: "email-secret", lifetime: 3600 },
  password: { claim: "password_claim", secret: "password-secret", lifetime: 3600 },
};

export function fathat(clock) {
  const users = [
    { id: 1, email: "luke@example.com", password: "leia", access_role: "basic", verified: true },
    { id: 2, email: "yoda@example.com", password: "force", access_role: "admin", verified: true },
  ];
  const revoked = new Set();
  const wrong = (status, message) => json(status, { message, status: "error" });
  const problem = (status, detail) => answer(status, "application/problem+json", JSON.stringify({ detail, status, title: "Unauthorized", type: "about:blank" }));

  const issue = (kind, user) => {
    const { claim, secret, lifetime } = KINDS[kind];
    const iat = Math.floor(clock.seconds());
    return sign({ [claim]: true, iss: "fathat.org", exp: iat + lifetime, iat, sub: randomUUID(), access_role: user.access_role, user_id: user.id }, secret);
  };
  const issueBoth = (user) => {
    user.refresh = issue("refresh", user);
    return { refresh_token: user.refresh, token: issue("standard", user) };
  };
  // Who a token is of, or the answer to it.
  const check = (kind, token) => {
    const claims = verify(token, KINDS[kind].secret, clock.seconds());
    if (claims === "expired") return { refusal: wrong(401, "token-expired") };
    if (claims === "invalid" || revoked.has(token)) return { refusal: wrong(401, "token-invalid") };
    if (!claims[KINDS[kind].claim]) return { refusal: wrong(401, "token-invalid") };
    return { user: users[claims.user_id - 1] };
  };
  const guarded = (kind, role, route) => (request) => {
    const { authorization } = request.headers;
    if (!authorization) return problem(401, "No authorization token provided");
    const [scheme, token] = authorization.split(" ");
    if (scheme.toLowerCase() !== "bearer" || !token) return wrong(401, "token-invalid");
    const { user, refusal } = check(kind, token);
    if (refusal) return refusal;
    return ROLES[user.access_role] < ROLES[role] ? wrong(401, "authorisation-required") : route(request, user, token);
  };

  const serve = routes(
    {
      "POST /users/v1/signup"(request) {
        const { email, password, access_role = "basic" } = jsonBody(request) ?? {};
        if (users.some((user) => user.email === email)) return wrong(400, "user-already-exists");
        users.push({ id: users.length + 1, email, password, access_role, verified: false });
        return json(200, {});
      },
      "GET /users/v1/email_verification"({ query }) {
        const { user, refusal } = check("email", query.get("token"));
        if (refusal) return refusal;
        user.verified = true;
        return json(200, {});
      },
      "POST /users/v1/login"(request) {
        const { email, password } = jsonBody(request) ?? {};
        const user = users.find((user) => user.email === email && user.password === password);
        if (!user) return wrong(404, "not-found");
        if (!user.verified) return wrong(400, "email-unverified");
        if (user.loggedIn) return wrong(400, "user-already-logged-in");
        user.loggedIn = true;
        return json(200, { email, ...issueBoth(user), user_id: user.id });
      },
      "GET /users/v1/generate_tokens": guarded("refresh", "basic", ({ query }, user, refresh) => {
        const old = query.get("old_access_token");
        // An expired one makes it crash; none at all does not.
        if (old && check("standard", old).refusal) return html(500);
        if (old) revoked.add(old);
        revoked.add(refresh);
        user.loggedIn = false;
        return json(200, { ...issueBoth(user), user: user.id });
      }),
      "POST /users/v1/logout": guarded("standard", "basic", (_, user, token) => {
        revoked.add(token).add(user.refresh);
        user.loggedIn = false;
        return json(200, {});
      }),
      "POST /users/v1/reset_password": guarded("password", "basic", (request, user, token) => {
        revoked.add(token);
        user.password = jsonBody(request).password;
        return json(200, {});
      }),
      "GET /films/v1/": guarded("standard", "basic", () => json(200, { count: 7, results: [] })),
      "GET /films/v1/all": guarded("standard", "admin", () => json(200, { count: 7, results: [] })),
    },
    { cors: true },
  );

  // A body that nobody reads is taken for the next request on the connection.
  const unread = (request) => request.body && !jsonBody(request);
  const careful = (request) => {
    const asked = ["/users/v1/signup", "/users/v1/login", "/users/v1/reset_password"].includes(request.path);
    return request.method === "POST" && (asked ? unread(request) : request.body) ? html(400) : serve(request);
  };
  /** What the e-mails would hold. */
  const mail = (kind, email) => issue(kind, users.find((user) => user.email === email));
  /** An operator lets everybody log in again. */
  const unlock = () => users.forEach((user) => (user.loggedIn = false));
  return Object.assign(careful, { mail, unlock });
}
