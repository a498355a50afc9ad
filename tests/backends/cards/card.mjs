// What the cards share: routes, and bodies read the way that small servers read them.
import { answer, html } from "../support/gate.mjs";

/** Serves `{ "GET /path": (request) => answer }`. `cors`: as Flask-CORS does it, without exposing any header. */
export function routes(table, { cors = false } = {}) {
  const known = new Set(Object.keys(table).map((route) => route.split(" ")[1]));
  const serve = async (request) => {
    const route = table[`${request.method} ${request.path}`];
    if (!route && cors && request.method === "OPTIONS") {
      const allowed = request.headers["access-control-request-headers"];
      return answer(200, "text/html; charset=utf-8", "", { "access-control-allow-methods": "DELETE, GET, POST, PUT", ...(allowed && { "access-control-allow-headers": allowed }) });
    }
    if (route) return route(request);
    return known.has(request.path) ? html(405) : html(404);
  };
  return async (request) => {
    const given = await serve(request);
    return cors ? { ...given, headers: { ...given.headers, "access-control-allow-origin": "*" } } : given;
  };
}

/** The members of a JSON body; `undefined` where it is none. */
export function jsonBody({ headers, body }) {
  if (!headers["content-type"]?.startsWith("application/json")) return undefined;
  try {
    const value = JSON.parse(body);
    return typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The fields of a form; none where it is none. */
export function formBody({ headers, body }) {
  const form = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ? body : "";
  return Object.fromEntries(new URLSearchParams(form));
}
