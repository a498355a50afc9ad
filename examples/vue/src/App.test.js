import { createTestSession } from "tokenkeep/testing";
import { afterEach, expect, test } from "vitest";
import { createApp, nextTick } from "vue";
import App from "./App.vue";

let close;
afterEach(() => close());

function open() {
  const { session, server, clock } = createTestSession();
  server.respond("/api/v1/status", { username: "ada" });
  server.respond("/api/v1/resource", { message: "hello" });
  const app = createApp(App, { session });
  const place = document.body.appendChild(document.createElement("div"));
  app.mount(place);
  close = () => app.unmount();
  const pass = async (ms) => {
    await clock.advance(ms);
    await nextTick();
  };
  const click = (name) => {
    [...place.querySelectorAll("button")].find(({ textContent }) => textContent === name).click();
    return pass(0);
  };
  return { server, place, pass, click };
}

test("calls after a long pause share one renewal", async () => {
  const { server, place, pass, click } = open();
  await pass(301_000);
  expect(place.textContent).toContain("Hello ada");
  const release = server.holdRenewals();
  await click("Call");
  await click("Call");
  release();
  await pass(0);
  expect(place.textContent).toContain("2: hello");
  expect(server.renewals).toBe(1);
});

test("the form comes back, and says why, when the server has ended the session", async () => {
  const { server, place, pass, click } = open();
  await pass(0);
  server.revoke();
  await click("Call");
  expect(place.textContent).toContain("Your session has ended");
});

test("a network that is away is told, and keeps the user in", async () => {
  const { server, place, pass, click } = open();
  await pass(301_000);
  server.offline();
  await click("Call");
  await pass(60_000);
  expect(place.querySelector("[role=alert]")).not.toBeNull();
  expect(place.textContent).toContain("Hello ada");
});
