// The requests that the session makes itself.

/** `exchange` sends what an endpoint and a call of the core say, and reads the answer to its end; whatever goes wrong is `undefined`. */
export function makeTransport({ base, protocol, send }) {
  return {
    async exchange(operation, call, secret, { outlivesPage, via = send } = {}) {
      try {
        const answer = await via(buildRequest(protocol, call, base, secret, outlivesPage), operation);
        const { status } = answer;
        if (!(status >= 200)) return undefined;
        return { status: Number(status), headers: headersOf(answer), body: String(await answer.text()) };
      } catch {
        return undefined;
      }
    },
  };
}

/** Of an answer that any library may have made: what it cannot tell is not there. */
export function headersOf({ headers }) {
  try {
    return Object.fromEntries(headers);
  } catch {
    return {};
  }
}

/** Who signs in may be known by nothing but the credentials. */
export function tellSent({ answer }, secret, headers) {
  for (const path of [answer.subject].flat()) {
    if (path.startsWith("sent:")) headers[path] = String(secret[path.slice(5)] ?? "");
  }
}

/** What the protocol says at such a path as `renew`, `logout.1` or `endpoints.NAME`. */
export function endpointAt(protocol, path) {
  const [kind] = path.split(".", 1);
  const rest = path.slice(kind.length + 1);
  return rest ? protocol[kind]?.[rest] : protocol[kind];
}

/** How the body is encoded. A logout needs none unless it is said. */
export const encodingOf = (path, { method, body }) => body ?? (method === "GET" || path.startsWith("logout") ? "none" : "json");

/** Where its token goes: a field of the body or a header. Never the URL (RFC 6750, section 5.3). */
export function placeOf(protocol, path) {
  const { token, sends } = endpointAt(protocol, path);
  const isRefresh = path === "renew" ? token !== "access" : token === "refresh";
  return token?.sends ?? sends ?? (isRefresh ? { field: "refreshToken" } : protocol.attach);
}

/** Puts a token into the headers; throws where they cannot have it. */
export function setToken(headers, { header = "Authorization", scheme, basic, as }, token) {
  let value = scheme ? `${scheme} ${token}` : token;
  if (basic || as === "basic") value = basic === "password" ? basicOf("x", token) : basicOf(token, "x");
  headers.set(header, value);
}

// HTTP Basic (RFC 7617), in UTF-8.
const basicOf = (...words) => `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(words.join(":"))))}`;

/** Throws where it cannot be said in HTTP. */
export function buildRequest(protocol, call, base, secret, keepalive) {
  const path = call.endpoint;
  const endpoint = endpointAt(protocol, path);
  const { method = "POST", query = {}, credentials } = endpoint;
  const encoding = encodingOf(path, endpoint);
  if (!/^(GET|POST|PUT|PATCH|DELETE)$/.test(method)) throw new TypeError();
  const url = new URL(endpoint.path, base);
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
  const headers = new Headers(endpoint.headers);
  const preset = (name) => headers.has(name) || headers.set(name, "application/json");
  const content = { ...endpoint.fields };
  if (call.token) {
    const place = placeOf(protocol, path);
    if (place.field) content[place.field] = call.token;
    else setToken(headers, place, call.token);
  }
  if (call.attempt && protocol.idempotencyHeader) headers.set(protocol.idempotencyHeader, call.attempt);
  Object.assign(content, secret);
  if (credentials?.basic) {
    headers.set("Authorization", basicOf(...credentials.basic.map((name) => content[name] ?? "")));
    credentials.basic.forEach((name) => delete content[name]);
  }
  let body;
  if (encoding === "form") body = new URLSearchParams(content);
  if (encoding === "json") {
    body = JSON.stringify(content);
    preset("Content-Type");
  }
  preset("Accept");
  return new Request(url, { method, headers, body, keepalive, credentials: protocol.credentials ?? "omit", cache: "no-store", redirect: "error" });
}
