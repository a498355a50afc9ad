import { StrictMode, act } from "react";
import { createRoot } from "react-dom/client";
import { createTestSession } from "tokenkeep/testing";
import { afterEach, expect, test } from "vitest";
import { App } from "./App.jsx";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
let close;
afterEach(() => close());

async function open(setup) {
  const kit = createTestSession(setup);
  kit.server.respond("/api/v1/status", { username: "ada" });
  kit.server.respond("/api/v1/resource", { message: "hello" });
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  close = () => act(() => root.unmount());
  const app = {
    ...kit,
    text: () => document.body.textContent,
    pass: (ms) => act(() => kit.clock.advance(ms)),
    render: () => act(() => root.render(<StrictMode><App session={kit.session} /></StrictMode>)),
    click: (name) =>
      act(async () => {
        [...document.querySelectorAll("button")].find(({ textContent }) => textContent === name).click();
        await kit.clock.settle();
      }),
  };
  return app;
}

test("what StrictMode does twice after a long pause causes one renewal", async () => {
  const { server, clock, render, pass, text } = await open();
  await clock.advance(301_000);
  await render();
  await pass(0);
  expect(text()).toContain("Hello ada");
  expect(server.requests.filter(({ path }) => path === "/api/v1/status").length).toBeGreaterThan(0);
  expect(server.renewals).toBe(1);
});

test("calls after a long pause share one renewal, and a slow one keeps nobody out", async () => {
  const { server, render, pass, click, text } = await open();
  await render();
  await pass(301_000);
  const release = server.holdRenewals();
  await click("Call");
  await click("Call");
  expect(text()).not.toContain("hello");
  release();
  await pass(0);
  expect(text()).toContain("2: hello");
  expect(server.renewals).toBe(1);
});

test("the form comes back, and says why, when the server has ended the session", async () => {
  const { server, render, pass, click, text } = await open();
  await render();
  await pass(0);
  server.revoke();
  await click("Call");
  expect(text()).toContain("Your session has ended");
});

test("trouble with a renewal is told, and keeps the user in", async () => {
  const { server, render, pass, click, text } = await open();
  await render();
  await pass(301_000);
  server.failRenewals({ status: 429, retryAfter: 60 });
  await click("Call");
  expect(document.querySelector("[role=alert]")).not.toBeNull();
  expect(text()).toContain("Hello ada");
});
