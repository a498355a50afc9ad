// A site with an API of its own, beside the routes of the reference server: what an app has.
import { once } from "node:events";
import { createServer } from "node:http";

/**
 * `/api` and `/__faults` are the reference server's. `routes` are the site's own, `"POST /files": (request) => Response`, for
 * those alone whose token that server takes; with `open` in front, `"open GET /news"`, for everybody. `seen`: what they were asked, `{ route, status }`; its address is `url`.
 */
export async function openSite(t, reference, routes) {
  const seen = [];
  const server = createServer(async (incoming, outgoing) => {
    try {
      const request = read(incoming);
      const answer = await serve(request);
      outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
      for await (const chunk of answer.body ?? []) outgoing.write(chunk);
      outgoing.end();
    } catch {
      incoming.socket.destroy();
    }
  });

  async function serve(request) {
    const { pathname } = new URL(request.url);
    const route = `${request.method} ${pathname}`;
    if (routes[`open ${route}`]) return routes[`open ${route}`](request);
    if (!routes[route]) return pass(request);
    const { status, headers } = await fetch(new URL("/api/v1/status", reference), { headers: { authorization: request.headers.get("authorization") ?? "" } });
    const note = { route, status };
    seen.push(note);
    if (status === 200) return routes[route](request, note);
    await request.body?.cancel();
    return new Response(null, { status, headers: { "www-authenticate": headers.get("www-authenticate") ?? "" } });
  }

  const pass = async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = request.body && (await request.arrayBuffer());
    const answer = await fetch(new URL(pathname + search, reference), { method: request.method, headers: request.headers, body });
    const headers = new Headers(answer.headers);
    for (const name of ["content-encoding", "content-length", "transfer-encoding", "connection"]) headers.delete(name);
    return new Response(answer.body, { status: answer.status, headers });
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, seen };
}

function read(incoming) {
  const headers = new Headers(Object.entries(incoming.headers).filter(([name]) => !["host", "connection", "transfer-encoding", "content-length", "expect"].includes(name)));
  const body = ["GET", "HEAD"].includes(incoming.method) ? undefined : incoming;
  return new Request(new URL(incoming.url, "http://site"), { method: incoming.method, headers, body, duplex: "half" });
}
