// For an app's own tests: the real session, against a scripted server, in a time that the test turns on by hand.
import { Session } from "./index.js";
import { Clock } from "./testing/clock.js";
import { Origin } from "./testing/origin.js";
import { TestServer } from "./testing/server.js";

// A fixed moment, so that what a test prints is the same every day.
const START = Date.UTC(2030, 0, 1);

export function createTestSession({ user, claims, lifetime = 300, signedIn = true, tabs = 1, now = START, options } = {}) {
  const clock = new Clock(now);
  const origin = new Origin(clock);
  const server = new TestServer({ clock, lifetime, networkBack: () => origin.tell("networkBack") });
  const { username = "ada" } = user ?? {};
  server.addUser({ username, claims, ...user });

  // One tab alone needs no lock, and so no time for a renewal.
  const storage = tabs > 1 ? origin.storage : "memory";
  const open = () => new Session({ baseUrl: "https://api.test", storage, ...options, fetch: server.fetch }, origin.page());
  const sessions = Array.from({ length: tabs }, open);
  if (signedIn) {
    const { token: accessToken, refreshToken, expiresIn, subject } = server.issue(username);
    // Takes effect at once: nothing has to be waited for.
    sessions[0].adopt({ accessToken, refreshToken, expiresIn, subject });
  }

  const dispose = () => sessions.forEach((session) => session.dispose());
  return { session: sessions[0], tabs: sessions, server, clock, dispose, ...(Symbol.dispose && { [Symbol.dispose]: dispose }) };
}
