import assert from "node:assert/strict";
import { open, outcome } from "./browser.mjs";
import { referenceServer } from "./servers.mjs";

/** Opens the app served at `page` and sees it log in and make an authenticated call. */
export async function logsInAndCalls(t, page) {
  const api = await referenceServer(t, new URL(page).origin);
  const browser = await open(t, `${page}?api=${encodeURIComponent(api)}`);
  const { error, status, subject, called } = await outcome(browser);
  assert.equal(error, undefined);
  assert.equal(status, "signedIn");
  assert.equal(called.status, 200);
  assert.equal(called.body.subject, subject);
}
