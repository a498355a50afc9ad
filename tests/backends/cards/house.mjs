// A home-grown backend: opaque tokens with letters that have to be escaped, each refresh token good for
// once unless the test says otherwise. How it words all that is up to the test.
import { answer, html, json } from "../support/gate.mjs";

/**
 * @param words
 * - `tell(tokens, request)`: the answer to a login or a renewal: `access`, `refresh`, `lifetime` (s), `until` (epoch s)
 * - `takes(request)`: the refresh token of a renewal; `reads(request)`: the access token of a call
 * - `refuses`, `denies`: what an unwelcome one of each is answered
 */
export function house(clock, words = {}) {
  const {
    lifetime = 300,
    rotates = true,
    tell = ({ access, refresh, lifetime }) => json(200, { token: access, refreshToken: refresh, expiresIn: lifetime }),
    takes = ({ body }) => JSON.parse(body).refreshToken,
    reads = ({ headers }) => headers.authorization?.replace(/^Bearer /, ""),
    refuses = json(401, { code: "refresh_token_unknown" }),
    denies = json(401, { code: "no_token" }),
    out = () => answer(204),
  } = words;
  let live;
  let issued = 0;
  const issue = () => {
    issued += 1;
    const refresh = rotates || !live ? `r${issued}+/=` : live.refresh;
    return (live = { access: `a${issued}/+==`, refresh, lifetime, until: clock.seconds() + lifetime });
  };

  return async (request) => {
    switch (request.path) {
      case "/in":
        return tell(issue(), request);
      case "/again":
        return live && takes(request) === live.refresh ? tell(issue(), request) : refuses;
      case "/thing":
        return live && reads(request) === live.access && clock.seconds() < live.until ? json(200, { thing: issued }) : denies;
      case "/out":
      case "/out-all":
        return out(request);
      default:
        return html(404);
    }
  };
}
