import assert from "node:assert/strict";
import { json } from "./support/gate.mjs";
import { renews } from "./support/path.mjs";
import { shared, startReference } from "./support/real.mjs";

const rejected = (status, code, error) => json(status, { code }, { "www-authenticate": `Bearer realm="tokenkeep", error="${error}"` });
const send = (gate, path, value, headers) =>
  fetch(`${gate.url}/${path}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) });

renews("the reference server", {
  preset: "reference",
  serve: shared((t) => startReference(t, "--database", ":memory:", "--faults", "--user", "ada:correct horse battery")),
  credentials: { username: "ada", password: "correct horse battery" },
  wrong: { username: "ada", password: "wrong horse battery" },
  call: ["/api/v1/status", {}, '"ada"'],
  renewal: ["/api/v1/renew", 300],
  rejections: {
    expired: rejected(401, "token_expired", "invalid_token"),
    invalid: rejected(401, "token_invalid", "invalid_token"),
  },
  refusals: {
    async "a logout elsewhere"({ gate, lastHeader }) {
      assert.equal((await send(gate, "api/v1/logout", {}, { authorization: lastHeader() })).status, 204);
    },
    "a refresh token that has expired": ({ clock }) => clock.advance(15 * 24 * 3600),
    "a refresh token that was used twice": json(401, { code: "refresh_token_reused" }),
  },
  alike: {
    "a malformed request": json(400, { code: "invalid_request" }),
    "a token that is missing": json(401, { code: "token_missing" }),
  },
  others: {},
});
