// What the tests of the devtools say in a page, beside the words of tests/web/page/page.js.
// Imports nothing by a declaration: WebKit calls a page loaded before such a module has run.

window.devtoolsReady = window.pageReady.then(async () => {
  Object.assign(window, await import("/pkg/devtools.js"));
});

/** A session with its devtools. */
window.watch = ({ tab, docked, ...options } = {}) => {
  openSession({ spy: true, ...options });
  window.panel = devtools(session, { into: docked ? undefined : document.getElementById("main"), ...(tab ? { tab } : {}) });
};

window.inside = (selector) => panel.shadowRoot.querySelector(selector);
window.all = (selector, from = panel.shadowRoot) => [...from.querySelectorAll(selector)];
window.button = (label) => all("button").find((each) => (each.getAttribute("aria-label") ?? each.textContent) === label);

/** What a screen reader finds: `{ "Tab A, this tab": ["Logged in, 12:00:00.000", …] }`. */
window.lanes = () => Object.fromEntries(all(".lane").map((lane) => [lane.getAttribute("aria-label"), all(".item", lane).map((item) => item.getAttribute("aria-label"))]));

/** Whether the lane of that name has an item whose words match. */
window.has = (lane, words) => (lanes()[lane] ?? []).some((each) => new RegExp(words).test(each));

/** Waits for what no event tells of: what is to be seen. */
window.shows = async (condition, ...args) => {
  for (const late = performance.now() + 15_000; !condition(...args); ) {
    if (performance.now() > late) throw new Error(`never: ${condition} ${args}; ${JSON.stringify(lanes(), undefined, 1)}; ${document.visibilityState}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** What axe finds wrong, in short. */
window.violations = async () => {
  const { violations, passes } = await axe.run(document, { resultTypes: ["violations"] });
  if (passes.length < 10) throw new Error(`axe looked at next to nothing: ${passes.length}`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.flat().join(" ")} ${failureSummary}`).join("; ")}`);
};
