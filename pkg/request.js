// The app's own requests: the token attached, and one more try where it had grown old.
import { headerOf } from "./browser/transport.js";

/** A drop-in for `window.fetch`. */
export function makeFetch({ ask, feed, settings, error, header, rejects, lease }) {
  const { allows, base, fetch: send } = settings;

  const sendWith = (request, granted) => {
    try {
      request.headers.set(granted.header, granted.value);
    } catch {
      throw error("protocol", "the access token has characters that no header can carry");
    }
    return send(request);
  };

  // Whether the answer says that another token would help.
  const isRejection = (answer, guarded) => {
    const status = answer?.status;
    if (guarded && (answer?.type === "opaqueredirect" || [301, 302, 303, 307, 308].includes(status))) {
      throw error("redirect_blocked", "the server redirects; the token's header would have gone along");
    }
    return status >= 400 && rejects(status, headerOf(answer, "WWW-Authenticate"));
  };

  // Asynchronous, so that what throws rejects; and yet all that can be done at once is done before it returns.
  return async (input, init) => {
    let address = input;
    // Also a request that another library or window has made.
    if (typeof input?.bodyUsed !== "boolean" || typeof input.url !== "string") address = input = new URL(String(input), base).href;
    else address = input.url;
    if (!allows(address)) return send(input, init);

    let request;
    try {
      request = new Request(input, init);
    } catch (cause) {
      if (input.bodyUsed !== true) throw cause;
      throw error("not_replayable", "the request's body has already been read", { cause });
    }
    // Looked at again: only a real request tells for certain where it goes.
    if (request.headers.has(header) || !allows(request.url)) return send(request);

    // Browsers take nothing but `Authorization` off a request that is redirected to another origin.
    const guarded = header.toLowerCase() !== "authorization" && request.redirect === "follow";
    if (guarded) request = new Request(request, { redirect: "manual" });
    const { signal } = request;

    const granted = lease() ?? (await ask({ kind: "tokenWanted" }, signal)).lease;
    const again = copy(request, input, init);
    const answer = await sendWith(request, granted);
    if (!isRejection(answer, guarded)) return answer;

    const rejected = ({ session, epoch, generation }, replayed) =>
      ask({ kind: "tokenRejected", session, epoch, generation, replayed }, signal);
    const { lease: newer } = await rejected(granted, false);
    if (!newer) return answer;
    if (!again) {
      const message = "the token was renewed, but the request's body was a stream and cannot be sent again";
      throw error("not_replayable", message, { status: 401 });
    }
    const second = await sendWith(again, newer);
    if (isRejection(second, guarded)) await rejected(newer, true);
    else feed({ kind: "replayAccepted", epoch: newer.epoch, generation: newer.generation });
    return second;
  };
}

// The same request once more; `undefined` where it cannot be repeated.
function copy(request, input, init) {
  const body = init?.body;
  if (typeof body?.getReader === "function") return undefined;
  const bare = typeof input === "string" || /^(GET|HEAD)$/.test(request.method);
  if ((body === undefined || body === null) && bare) return request;
  try {
    return request.clone();
  } catch {
    return undefined;
  }
}
