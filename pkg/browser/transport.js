// The requests that the session makes itself.

/** `exchange` sends a call of the core and reads the answer to its end; whatever goes wrong is `undefined`. */
export function makeTransport({ base, fetch }) {
  return {
    async exchange(call, secret, outlivesPage) {
      try {
        const answer = await fetch(buildRequest(call, base, secret, outlivesPage));
        const { status } = answer;
        if (!(status >= 200)) return undefined;
        const body = await answer.text();
        return { status: Number(status), body: String(body), retryAfter: headerOf(answer, "Retry-After") };
      } catch {
        return undefined;
      }
    },
  };
}

/** Of an answer that any library may have made: what it cannot tell is not there. */
export function headerOf({ headers }, name) {
  try {
    const value = headers.get(name);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Throws where the call cannot be said in HTTP. */
export function buildRequest({ method, path, headers, encoding, fields }, base, secret, keepalive) {
  if (!/^(GET|POST|PUT|PATCH|DELETE)$/.test(method)) throw new TypeError();
  const sent = new Headers(headers);
  const preset = (name) => sent.has(name) || sent.set(name, "application/json");
  const content = { ...fields, ...secret };
  let body;
  if (encoding === "form") body = new URLSearchParams(content);
  if (encoding === "json") {
    body = JSON.stringify(content);
    preset("Content-Type");
  }
  preset("Accept");
  return new Request(new URL(path, base), { method, headers: sent, body, keepalive, credentials: "omit", cache: "no-store", redirect: "error" });
}
