// One address in front of two servers, as a site has it: the API's and the page's.
import { once } from "node:events";
import { createServer, request } from "node:http";

/** Sends what is below `/api` to `api`, all else to `page`; its address. */
export async function openFront(t, api, page) {
  const server = createServer((incoming, outgoing) => {
    const target = new URL(incoming.url, incoming.url.startsWith("/api/") ? api : page);
    const forwarded = request(target, { method: incoming.method, headers: { ...incoming.headers, host: target.host } }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}
