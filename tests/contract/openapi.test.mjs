// The reference server, tried by its own OpenAPI document: whatever fits the document must be answered as the document says, and
// whatever does not must be refused. The same requests each time.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Process } from "../web/harness/process.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = process.env.TOKENKEEP_ROOT ?? join(here, "../..");
const binary = process.env.TOKENKEEP_SERVER_BIN ?? join(root, "target/debug/tokenkeep-dev");
const schemathesis = join(process.env.TOKENKEEP_PYTHON ?? join(root, "target/python"), "contract/bin/st");

/** Requests per operation that are made up at random, beside those made up by rule. */
const EXAMPLES = 12;
/** Far more than it takes: what takes longer hangs. */
const LIMIT = 500_000;
const ADMIN = { username: "root", password: "correct horse" };
/** As in the document's examples, which therefore work. */
const USER = { username: "susan", password: "correct horse" };
const OTHER = { username: "other", password: "correct horse" };

const FORM = "Custom check failed: `what_fits_the_document_is_read`";
const ABSENT = { "X-Absent": { required: true, schema: { type: "string" } } };

/** No HTTP client gets further here: what follows is a WebSocket. */
const SOCKET = "GET /socket";
const FOR_ADMINISTRATORS = /^(PUT|GET|DELETE) \/users\/\{id\}\/./;

let directory;
before(async () => (directory = await mkdtemp(join(tmpdir(), "tokenkeep-contract-"))));
after(() => rm(directory, { recursive: true, force: true }));

async function startServer(t, ...args) {
  const users = [USER, OTHER].flatMap(({ username, password }) => ["--user", `${username}:${password}`]);
  const admin = ["--admin", `${ADMIN.username}:${ADMIN.password}`];
  const listens = { ready: /^tokenkeep-dev listening on (http:\S+)/ };
  // Wrong passwords are most of what comes: a brake that took hold would hide everything behind it.
  const server = await Process.start(binary, ["--login-attempts", "100000", ...users, ...admin, ...args], listens);
  t.after(() => server.stop());
  return server.said[1];
}

/** Runs schemathesis as a user over `document`, the server's own unless another is given; what it reports. */
async function tryOut(t, address, who, { document, examples = EXAMPLES, phases = "examples,coverage,fuzzing" } = {}) {
  const place = await mkdtemp(join(directory, "run-"));
  const location = document ? join(place, "openapi.json") : `${address}/api/v1/openapi.json`;
  if (document) await writeFile(location, JSON.stringify(document));
  const [config, report, reached] = ["schemathesis.toml", "report.json", "reached.json"].map((name) => join(place, name));
  await writeFile(config, settings(who));
  const options = {
    "--url": `${address}/api/v1`,
    "--phases": phases,
    "--max-examples": examples,
    "--checks": "all",
    "--report": "json",
    "--request-timeout": 60,
    "--report-json-path": report,
  };
  const args = ["--config-file", config, "run", location, ...Object.entries(options).flat().map(String)];
  const env = {
    ...process.env,
    PYTHONPATH: here,
    PYTHONDONTWRITEBYTECODE: "1",
    SCHEMATHESIS_HOOKS: "world",
    TOKENKEEP_BASE: address,
    TOKENKEEP_NAME: who.username,
    TOKENKEEP_PASSWORD: who.password,
    TOKENKEEP_IS_ADMIN: who === ADMIN ? "yes" : "no",
    TOKENKEEP_REACHED: reached,
  };
  const said = await new Promise((resolve) => {
    const flags = ["--generation-deterministic", "--continue-on-failure", "--no-color", "--suppress-health-check=all"];
    execFile(schemathesis, [...args, ...flags], { env, cwd: place, maxBuffer: 1 << 28, timeout: LIMIT }, (_, out, err) => resolve(out + err));
  });
  const read = async (file) => JSON.parse(await readFile(file, "utf8").catch(() => assert.fail(`schemathesis wrote no report:\n${said}`)));
  return { said, report: await read(report), reached: await read(reached) };
}

/** The login is part of what is tried, and so are the ways to end a session: the next request then signs in again. */
const settings = ({ username, password }) => `
# What one run has learnt is not for the next.
[cache]
enabled = false

[auth.dynamic.openapi.bearer]
path = "/login"
payload = { username = "${username}", password = "${password}" }
extract_selector = "/token"
retry_on = [401]

# What fits the form may still mean nothing: a code that was never mailed, a role that there is none of. That it is not refused for
# its form is a check of ours.
${["POST /email/verify", "POST /password/reset", "PUT /users/{id}/role"].map((name) => accepts(name, "400")).join("\n")}
${accepts("GET /socket", "400")}
# HTTP Basic needs no body, so it may be missing; without both there is nothing that could be read.
${accepts("POST /login", "415")}
`;

const accepts = (name, status) => `
[[operations]]
include-name = "${name}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "429", "${status}"]
`;

const operationsOf = (document) =>
  Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));

for (const [who, kind, args, reachesAll] of [
  [ADMIN, "an administrator, with tokens that are JWTs", [], () => true],
  [USER, "a user, with opaque tokens", ["--tokens", "opaque"], (operation) => !FOR_ADMINISTRATORS.test(operation)],
]) {
  test(`the server keeps to its document for ${kind}`, async (t) => {
    const address = await startServer(t, ...args);
    const operations = operationsOf(await (await fetch(`${address}/api/v1/openapi.json`)).json());
    assert.ok(operations.length >= 24);
    const { said, report, reached } = await tryOut(t, address, who);

    for (const operation of operations) {
      await t.test(operation, () => {
        const failures = report.failures.filter(({ operations }) => operations.includes(operation));
        assert.deepEqual(failures, []);
        const statuses = Object.keys(reached[operation] ?? {}).map(Number);
        const some = (from, to) => statuses.some((status) => status >= from && status < to);
        // A route that is only ever seen refusing has not been tried.
        if (operation !== SOCKET) assert.equal(some(200, 300), reachesAll(operation), `answered with ${statuses}`);
        assert.ok(some(400, 500) || !takesAnything(operation), `answered with ${statuses}`);
      });
    }
    await t.test("nothing went wrong", () => {
      assert.deepEqual([report.failures, report.errors, report.complete, report.exit_code], [[], [], true, 0], said);
      assert.ok(report.test_cases.generated > 20 * operations.length, said);
    });
  });
}

/** These take no token and nothing else that could be wrong. */
const takesAnything = (operation) => !["GET /healthz", "GET /jwks.json"].includes(operation);

// A lie for each check, the operation it is told of, and the name of what schemathesis must find there.
const LIES = [
  ["GET /healthz", "API accepts requests without authentication", (lie) => (lie.paths["/healthz"].get.security = [{ bearer: [] }])],
  ["GET /status", "Response violates schema", (lie) => (lie.components.schemas.Status.properties.expiresAt = { type: "string" })],
  ["GET /resource", "Undocumented status code", (lie) => delete lie.paths["/resource"].get.responses[200]],
  ["GET /jwks.json", "Undocumented Content-Type", (lie) => (lie.paths["/jwks.json"].get.responses[200].content = { "text/plain": {} })],
  ["POST /tickets", "Missing required response headers", (lie) => (lie.paths["/tickets"].post.responses[201].headers = ABSENT)],
  ["POST /register", FORM, (lie) => (lie.components.schemas.RegisterBody.properties.password = { type: "string" })],
  ["POST /password/forgot", "Schema-violating request accepted", (lie) => lie.components.schemas.ForgotBody.required.push("why")],
  ["DELETE /sessions", "Wrong response to undeclared method", (lie) => delete lie.paths["/sessions"].delete],
  ["OPTIONS /sessions", "Allow header mismatch", () => {}],
];

test("a document that says anything else is found out", async (t) => {
  const address = await startServer(t);
  const document = await (await fetch(`${address}/api/v1/openapi.json`)).json();
  const paths = new Set(LIES.map(([operation]) => operation.split(" ")[1]));
  document.paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => paths.has(path)));
  for (const [, , lie] of LIES) lie(document);
  const { said, report } = await tryOut(t, address, USER, { document, phases: "examples,coverage", examples: 1 });
  for (const [operation, title] of LIES) {
    await t.test(`${operation}: ${title}`, () => {
      const found = report.failures.filter(({ operations }) => operations.includes(operation)).map((failure) => failure.title);
      assert.ok(found.includes(title), `found ${found}\n${said}`);
    });
  }
});
