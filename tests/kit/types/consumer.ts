// Uses everything that tokenkeep/testing declares, as a test would. Compiled, never run.
import type { Session } from "tokenkeep";
import { createTestSession, type SentRequest, type TestClock, type TestKit, type TestServer, type TestSetup } from "tokenkeep/testing";

const setup: TestSetup = {
  user: { username: "ada", password: "pw", subject: "u1" },
  claims: { role: "admin" },
  lifetime: 60,
  signedIn: false,
  tabs: 2,
  now: Date.now(),
  options: { baseUrl: "https://api.example.com", idle: 600, renewal: { ahead: true } },
};
const kit: TestKit = createTestSession(setup);
const { session, tabs, clock, server }: { session: Session; tabs: readonly Session[]; clock: TestClock; server: TestServer } = kit;

export async function use(): Promise<number | undefined> {
  await clock.advance(clock.now);
  await clock.settle();
  await clock.wait(5);
  const status: number = await clock.until(session.fetch("/x").then((response) => response.status));
  server.addUser({ username: "eve", claims: { role: "guest" } });
  server.expireNow();
  server.revoke();
  server.offline();
  server.online();
  const release: () => void = server.holdRenewals();
  const recover: () => void = server.failRenewals({ status, retryAfter: 5, code: "busy", body: "<html>", times: 1 });
  server.failRenewals();
  release();
  recover();
  server.respond("/x", { a: 1 });
  server.respond(/x/, async (request) => new Response(request.url), { open: true });
  server.respond("GET /y", () => undefined);
  const sent: SentRequest | undefined = server.requests[0];
  // @ts-expect-error The server speaks the reference protocol.
  createTestSession({ options: { protocol: {} } });
  // @ts-expect-error Read only.
  clock.now = 5;
  tabs[1]?.dispose();
  kit.dispose();
  return server.renewals + (sent?.accessToken ?? sent?.refreshToken ?? sent?.status ?? sent?.at ?? 0);
}
