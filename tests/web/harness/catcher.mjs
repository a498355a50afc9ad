import { once } from "node:events";
import { createServer } from "node:http";

/** Somebody else's server, on an origin of its own. Takes everything from everywhere and keeps what it was sent. */
export class Catcher {
  /** What was sent, preflights left out: `{ method, path, headers, body }`. */
  requests = [];
  #server = createServer((request, response) => this.#take(request, response));

  static async start() {
    const catcher = new Catcher();
    catcher.#server.listen(0, "127.0.0.1");
    await once(catcher.#server, "listening");
    return catcher;
  }

  get origin() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Whether `secret` arrived anywhere: in an address, a header or a body. */
  hasSeen(secret) {
    return JSON.stringify(this.requests).includes(secret);
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request, response) {
    const { method, url: path, headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    if (method !== "OPTIONS") this.requests.push({ method, path, headers, body });
    response.writeHead(200, {
      "access-control-allow-origin": "*",
      // The wildcard does not cover Authorization.
      "access-control-allow-headers": headers["access-control-request-headers"] ?? "*",
      "access-control-allow-methods": headers["access-control-request-method"] ?? "*",
      "content-type": "application/json",
    });
    response.end('{"caught":true}');
  }
}
