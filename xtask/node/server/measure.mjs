// One server under one kind of load for a while.
import autocannon from "autocannon";

/** What is left out of the count, ms: connections are opened, and code that has slept gets warm. */
const LEAD = 300;

/** Logins, renewals in a chain, or requests with a token: as many as the server answers. */
export const OPERATIONS = ["login", "renew", "request"];

/**
 * Each user has a connection, and sends the next request when the last one is answered. How many were answered
 * within how many seconds, and how long each took, ms.
 */
export async function measure(server, operation, people, seconds) {
  const sessions = operation === "login" ? [] : await Promise.all(people.map((person) => logIn(server, person)));
  let next = 0;
  let refused;
  const onResponse = (status, body) => {
    // Never the body: an answer may hold a token.
    if (status !== 200) refused ??= `${server.store} answered ${status} to ${operation}`;
    return status === 200 && operation === "renew" ? JSON.parse(body) : undefined;
  };
  const requests = (n) => {
    if (operation === "login") return { ...server.login(people[n]), onResponse };
    const session = sessions[n];
    if (operation === "request") return { ...server.request(session.token), onResponse };
    return {
      onResponse(status, body) {
        // Without rotation the answer has no other refresh token.
        session.refreshToken = onResponse(status, body)?.refreshToken ?? session.refreshToken;
      },
      setupRequest: (request) => ({ ...request, ...server.renew(session.refreshToken) }),
    };
  };

  const times = [];
  const begin = performance.now() + LEAD;
  let end = begin + seconds * 1000;
  const run = autocannon({
    url: server.url,
    connections: people.length,
    duration: 3600,
    sampleInt: 100,
    timeout: 60,
    setupClient: (client) => client.setRequests([requests(next++)]),
  });
  run.on("response", (_client, _status, _bytes, ms) => {
    const now = performance.now();
    // At least one, however long it takes.
    if (now >= begin && (now < end || !times.length)) {
      times.push(ms);
      end = Math.max(end, now);
    }
    if (refused || now >= end) run.stop();
  });
  run.on("reqError", run.stop);
  const { errors } = await run;
  if (refused) throw new Error(refused);
  if (errors) throw new Error(`${server.store} left a request without an answer: ${operation}`);
  return { seconds: (end - begin) / 1000, times };
}

async function logIn(server, person) {
  const { path, ...init } = server.login(person);
  const response = await fetch(server.url + path, init);
  if (response.status !== 200) throw new Error(`${server.store} answered ${response.status} to a login`);
  return response.json();
}
