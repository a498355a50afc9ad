// The real packages from PyPI, with their preset.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startPython } from "../backends/support/real.mjs";
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
