// The app's own requests: the token attached, and one more try where it had grown old.
import { headersOf, setToken } from "./browser/transport.js";
import { checkRelogin } from "./options.js";

// They do the same once or twice (RFC 9110, section 9.2.2).
const IDEMPOTENT = /^(GET|HEAD|OPTIONS|PUT|DELETE)$/;

// What is longer than this says nothing about tokens.
const LONGEST_COMPLAINT = 65_536;

/** A drop-in for `window.fetch`. `send` sends in its place. */
export function makeFetch({ ask, feed, settings, error, refuse, rejects, lease }) {
  const { allows, base, header } = settings;
  const { attach, credentials, expired } = settings.protocol;
  // Successes are looked at where the protocol names them.
  const named = [expired].flat().flatMap((match) => match?.status ?? []);

  const sendWith = (send, request, granted) => {
    try {
      setToken(request.headers, attach, granted.token);
    } catch {
      throw error("protocol", "the access token has characters that no header can carry");
    }
    return send(request);
  };

  // Whether the answer says that another token would help.
  const isRejection = async (answer, guarded) => {
    const status = answer?.status;
    if (guarded && (answer?.type === "opaqueredirect" || [301, 302, 303, 307, 308].includes(status))) {
      throw error("redirect_blocked", "the server redirects; the token's header would have gone along");
    }
    if (!(status >= 400 || named.includes(status))) return false;
    const told = { status, headers: headersOf(answer) };
    let verdict = rejects(told);
    if (verdict === "body") verdict = rejects({ ...told, body: await peek(answer) });
    return verdict !== "";
  };

  // Asynchronous, so that what throws rejects; and yet all that can be done at once is done before it returns.
  return async (input, init, send = settings.fetch) => {
    let address = input;
    // Also a request that another library or window has made.
    if (typeof input?.bodyUsed !== "boolean" || typeof input.url !== "string") address = input = new URL(String(input), base).href;
    else address = input.url;
    if (!allows(address)) return send(input, init);
    const hold = checkRelogin(settings, init, refuse);

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
    if (credentials) request = new Request(request, { credentials });
    const { method, signal } = request;

    const granted = lease() ?? (await ask({ kind: "tokenWanted", hold }, signal)).lease;
    const again = copy(request, input, init);
    const answer = await sendWith(send, request, granted);
    if (!(await isRejection(answer, guarded))) return answer;
    // To where it was sent on, the token did not go.
    if (answer.redirected && new URL(answer.url).origin !== new URL(request.url).origin) return answer;

    // What is known of sending it once more.
    const resend = { hold, status: answer.redirected ? 0 : answer.status, idempotent: IDEMPOTENT.test(method), harmless: init?.replay === true, repeatable: !!again };
    const rejected = ({ session, epoch, generation }, replayed) =>
      ask({ kind: "tokenRejected", session, epoch, generation, replayed, ...resend }, signal);
    const { lease: newer } = await rejected(granted, false);
    if (!newer) return answer;
    if (!again) {
      const message = "the token was renewed, but the request's body was a stream and cannot be sent again";
      throw error("not_replayable", message, { status: answer.status });
    }
    // What nobody reads may keep its connection.
    Promise.resolve(answer.body?.cancel?.()).catch(() => {});
    const second = await sendWith(send, again, newer);
    if (await isRejection(second, guarded)) await rejected(newer, true);
    else feed({ kind: "replayAccepted", epoch: newer.epoch, generation: newer.generation });
    return second;
  };
}

// The beginning of a body that the caller can still read.
async function peek(answer) {
  let text = "";
  try {
    const reader = answer.clone().body.getReader();
    const decoder = new TextDecoder();
    for (let part; text.length < LONGEST_COMPLAINT && !(part = await reader.read()).done; ) text += decoder.decode(part.value, { stream: true });
    reader.cancel().catch(() => {});
  } catch {
    // It says nothing, then.
  }
  return text;
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
