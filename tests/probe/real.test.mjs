// The real packages from PyPI and npm, with their preset.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startNode, startPython } from "../backends/support/real.mjs";
import { lines, probe } from "./support/probe.mjs";

const SERVERS = {
  simplejwt: {
    start: ["current", "simplejwt.py", "rotate"],
    login: { username: "ada", password: "pw" },
    resource: "/api/whoami/",
    says: { rotation: /each renewal brings a new refresh token/, reuse: /^✔ the token before the newest is refused at once: 401 .*"token_not_valid"/, refusal: /^(✔ .*\n?)+$/ },
  },
  "flask-jwt-extended": {
    start: ["current", "flask_jwt_extended_app.py"],
    login: { username: "test", password: "test" },
    resource: "/protected",
    says: { rotation: /none: the refresh token stays the same/, logout: /^✔ DELETE \/logout → 200 application\/json; DELETE \/logout → 200/, "after logout": /^✔ .*\n✔ the refresh token is dead/ },
  },
};

for (const [preset, { start, login, resource, says }] of Object.entries(SERVERS)) {
  test(`${preset}, the real one: a session works as the preset says`, async (t) => {
    const server = await startPython(t, ...start);
    const { code, of, findings, protocol } = await probe(t, server, ["--preset", preset, "--resource", resource], { login });
    assert.deepEqual([code, lines(findings.filter(({ mark }) => mark === "✖"))], [0, []]);
    assert.equal(protocol.preset ?? protocol, preset);
    for (const [topic, expected] of Object.entries(says)) assert.match(lines(of(topic)).join("\n"), expected, topic);
  });
}

test("oidc-provider, the real one: tokens obtained elsewhere are probed as well", async (t) => {
  const server = await startNode(t, "oidc.mjs");
  const directory = await mkdtemp(join(tmpdir(), "tokenkeep-probe-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "protocol.json");
  await writeFile(file, JSON.stringify({ preset: "oauth2", renew: { fields: { client_id: "spa" } }, logout: { path: "/token/revocation", fields: { client_id: "spa" } } }));
  const obtain = async () => {
    const answer = await fetch(`${server}/__grant?${encodeURIComponent("openid offline_access")}`);
    const { access_token, refresh_token, expires_in } = await answer.json();
    return { accessToken: access_token, refreshToken: refresh_token, expiresIn: expires_in };
  };
  const tokens = await Promise.all(Array.from({ length: 5 }, obtain));
  const { code, of, printed } = await probe(t, server, ["--config", file, "--resource", "/me"], { tokens });
  assert.equal(code, 0, printed);
  assert.match(lines(of("reuse")).join("\n"), /^✔ .* is refused at once: 400 .*"invalid_grant"\n✔ and ends the session/);
  assert.match(lines(of("logout"))[0], /^✔ POST \/token\/revocation → 200/);
  assert.match(lines(of("after logout")).join("\n"), /✔ the refresh token is dead/);

  const last = await obtain();
  const { of: ofOne } = await probe(t, server, ["--config", file, "--resource", "/me"], { tokens: last });
  assert.deepEqual(lines(ofOne("tokens")), ["✔ taken as given", "? used up"]);
});
