// What the browser tells of the page's life: hidden and shown, frozen and resumed, off and on line, and
// what other tabs do to the storage.

/**
 * Listens until the function that it returns is called; `undefined` where there is no page.
 * @param key The stored item, if other tabs may change it.
 * @param activity Whether it matters that the user does something.
 */
export function watchPage({ key, activity, left, came }) {
  const stops = [];
  const on = (target, type, listener) => {
    if (!target?.addEventListener) return;
    target.addEventListener(type, listener);
    stops.push(() => target.removeEventListener(type, listener));
  };
  const { document } = globalThis;
  const resumed = () => came({ kind: "pageResumed" });

  on(globalThis, "pagehide", left);
  on(globalThis, "pageshow", ({ persisted }) => persisted && resumed());
  on(globalThis, "online", () => came({ kind: "networkBack" }));
  on(document, "resume", resumed);
  on(document, "visibilitychange", () => (document.visibilityState === "visible" ? resumed() : came({ kind: "pageHidden" })));
  if (key) {
    // Without a key the whole storage was cleared.
    on(globalThis, "storage", (event) => (event.key ?? key) === key && came({ kind: "storageChanged" }));
  }
  if (activity) {
    for (const type of ["pointerdown", "keydown"]) on(globalThis, type, () => came({ kind: "userActive" }));
  }
  return stops.length ? () => stops.forEach((stop) => stop()) : undefined;
}
