// What the tests of the prompt say in a page, beside the words of tests/web/page/page.js.
// Imports nothing by a declaration: WebKit calls a page loaded before such a module has run.

window.fired = [];

window.promptReady = window.pageReady.then(async () => {
  const { definePrompt } = await import("/pkg/prompt.js");
  Object.assign(window, { definePrompt, prompt: document.querySelector("tokenkeep-prompt") });
  for (const type of ["login", "cancel"]) prompt.addEventListener(type, ({ detail }) => fired.push({ type, status: detail?.status ?? null }));
});

/** A session, and a prompt for it. */
window.ask = (options) => {
  openSession(options);
  prompt.session = session;
};

window.part = (name) => prompt.shadowRoot.querySelector(`[part~="${name}"]`) ?? prompt.querySelector(`[part~="${name}"]`);
window.field = (name) => prompt.querySelector(`input[name="${name}"]`);
window.text = (name) => part(name)?.textContent;
/** What is read out at the countdown. */
window.spoken = () => prompt.shadowRoot.querySelector('[role="status"]').textContent;
window.seen = (name) => part(name).checkVisibility();

/** Waits for what no event tells of: what is to be seen. */
window.shows = async (condition, what = String(condition)) => {
  for (const late = performance.now() + 15_000; !condition(); ) {
    if (performance.now() > late) {
      const { held, pending } = await navigator.locks.query();
      const page = { shown: document.visibilityState, focused: document.hasFocus(), held, pending, status: session?.status, heard, fired };
      throw new Error(`never: ${what}; ${JSON.stringify(page)}; ${prompt.shadowRoot.textContent}; ${prompt.innerText}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** Where the focus is: what an element of the page or of the prompt is known by. */
window.focused = () => {
  let element = document.activeElement;
  if (element === prompt) element = prompt.shadowRoot.activeElement;
  return element?.id === "draft" || element?.id === "other" ? element.id : element?.name || element?.getAttribute("part") || element?.localName;
};

/** What axe finds wrong, in short. */
window.violations = async () => {
  // An entrance that is half over has half its contrast.
  await Promise.all([...document.getAnimations(), ...prompt.shadowRoot.getAnimations()].map((animation) => animation.finished));
  const { violations, passes } = await axe.run(document, { resultTypes: ["violations"] });
  if (passes.length < 10) throw new Error(`axe looked at next to nothing: ${passes.length}`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.flat().join(" ")} ${failureSummary}`).join("; ")}`);
};
