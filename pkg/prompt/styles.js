// How the prompt looks. Colours are mixtures of the system's own, so that they follow the page's `color-scheme` and a
// forced palette without a second set. Style sheets are made by script, which a Content-Security-Policy without
// 'unsafe-inline' allows; a <style> would not be.

const SHARED = `
  :host {
    --_surface: var(--tokenkeep-surface, color-mix(in srgb, Canvas 95%, white));
    --_ink: var(--tokenkeep-ink, CanvasText);
    --_quiet: var(--tokenkeep-quiet, color-mix(in srgb, var(--_ink) 68%, var(--_surface)));
    --_line: var(--tokenkeep-line, color-mix(in srgb, var(--_ink) 16%, var(--_surface)));
    --_edge: var(--tokenkeep-edge, color-mix(in srgb, var(--_ink) 52%, var(--_surface)));
    --_field: var(--tokenkeep-field, color-mix(in srgb, var(--_ink) 3%, var(--_surface)));
    --_accent: var(--tokenkeep-accent, var(--_ink));
    --_on-accent: var(--tokenkeep-on-accent, var(--_surface));
    --_focus: var(--tokenkeep-focus, color-mix(in srgb, #3b62f6 80%, var(--_ink)));
    --_error: var(--tokenkeep-error, color-mix(in srgb, #e5383b 72%, var(--_ink)));
    --_radius: var(--tokenkeep-radius, 0.9rem);
    --_font: var(--tokenkeep-font, system-ui, sans-serif);
    --_shadow: var(--tokenkeep-shadow, 0 1.5rem 4rem -1rem rgb(0 0 0 / 45%));
    display: contents;
  }
  :host([hidden]) { display: none; }
`;

const FRAME = `
  ${SHARED}
  *, ::before, ::after { box-sizing: border-box; }

  dialog, section {
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
    color: var(--_ink);
    font: 1rem/1.45 var(--_font);
    text-align: start;
    box-shadow: var(--_shadow);
    overflow-wrap: anywhere;
  }

  dialog {
    width: min(var(--tokenkeep-width, 25rem), calc(100vw - 1.5rem));
    max-height: calc(100dvh - 1.5rem);
    padding: clamp(1.1rem, 5vw, 1.75rem);
    overflow: auto;
    scrollbar-width: thin;
  }
  dialog::backdrop { background: var(--tokenkeep-backdrop, rgb(9 13 18 / 58%)); backdrop-filter: blur(3px); }

  h2 { margin: 0; font: inherit; font-size: 1.35rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.01em; }
  #reason, #held { margin: 0.4rem 0 0; color: var(--_quiet); }
  #reason:empty, #held:empty { display: none; }

  section {
    position: fixed;
    inset: auto 0 max(1rem, env(safe-area-inset-bottom)) 0;
    z-index: 2147483000;
    display: grid;
    grid-template-columns: 1fr auto;
    align-items: center;
    gap: 0.2rem 1.25rem;
    width: min(var(--tokenkeep-countdown-width, 34rem), calc(100vw - 1.5rem));
    height: fit-content;
    margin: 0 auto;
    overflow: visible;
    padding: 0.9rem 1.1rem;
  }
  section[hidden], section div[hidden] { display: none; }
  section h2 { font-size: 1rem; }
  section p { margin: 0; color: var(--_quiet); }
  [role="timer"] { color: var(--_ink); font-weight: 650; font-variant-numeric: tabular-nums; }
  section div { display: flex; flex-wrap: wrap; gap: 0.5rem; grid-column: 2; grid-row: 1 / span 2; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  @media (max-width: 30rem) {
    section { grid-template-columns: 1fr; }
    section div { grid-column: 1; grid-row: auto; margin-top: 0.6rem; }
    section button { flex: 1 1 auto; }
  }

  @media (prefers-reduced-motion: no-preference) {
    dialog[open], dialog[open]::backdrop, section { animation: appear 0.18s ease-out; }
    @keyframes appear { from { opacity: 0; translate: 0 0.5rem; } }
  }
`;

// Of one vocabulary with the parts in the shadow tree. A selector of the page that names the element, too, is stronger than these.
const FORM = `
  PROMPT [part~="form"] { display: block; margin: 0; }
  PROMPT [part~="label"] { display: block; margin-top: 1rem; color: var(--_ink); font-weight: 600; font-size: 0.92rem; }

  PROMPT [part~="input"] {
    box-sizing: border-box;
    display: block;
    width: 100%;
    margin: 0.3rem 0 0;
    padding: 0.65rem 0.75rem;
    border: 1px solid var(--_edge);
    border-radius: calc(var(--_radius) * 0.6);
    background: var(--_field);
    color: var(--_ink);
    font: inherit;
    font-size: 1rem;
  }
  PROMPT [part~="input"][aria-invalid="true"] { border-color: var(--_error); box-shadow: inset 0 0 0 1px var(--_error); }

  PROMPT [part~="error"] { margin: 0.9rem 0 0; color: var(--_error); font-weight: 600; font-size: 0.95rem; }
  PROMPT [part~="status"] { margin: 0.9rem 0 0; color: var(--_quiet); font-size: 0.95rem; }
  PROMPT :is([part~="error"], [part~="status"]):empty { margin: 0; }
  PROMPT [part~="buttons"] { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 0.6rem; margin-top: 1.4rem; }

  @media (max-width: 30rem) {
    PROMPT [part~="buttons"] > * { flex: 1 1 auto; }
  }
`;

// In both trees.
const BUTTONS = `
  PROMPT [part~="button"] {
    box-sizing: border-box;
    margin: 0;
    padding: 0.6rem 1rem;
    border: 1px solid var(--_edge);
    border-radius: calc(var(--_radius) * 0.6);
    background: transparent;
    color: var(--_ink);
    font: inherit;
    font-size: 0.97rem;
    font-weight: 600;
    text-align: center;
    cursor: pointer;
  }
  PROMPT [part~="button"] span { display: inline; color: inherit; font: inherit; }
  PROMPT [part~="button"]:hover { background: color-mix(in srgb, var(--_ink) 8%, transparent); }
  PROMPT [part~="main"] { border-color: var(--_accent); background: var(--_accent); color: var(--_on-accent); }
  PROMPT [part~="main"]:hover { background: color-mix(in srgb, var(--_accent) 88%, var(--_surface)); }
  PROMPT [part~="button"][aria-disabled="true"] { opacity: 0.6; cursor: not-allowed; }
  PROMPT [part~="wait"]:not(:empty) { margin-inline-start: 0.5em; font-variant-numeric: tabular-nums; }
  @media (forced-colors: active) {
    PROMPT [part~="main"] { forced-color-adjust: none; border-color: ButtonText; background: ButtonText; color: ButtonFace; }
    PROMPT [part~="main"]:hover { background: Highlight; color: HighlightText; }
    PROMPT [part~="input"][aria-invalid="true"] { border-width: 3px; }
  }
  PROMPT :is([part~="button"], [part~="input"]):focus-visible { outline: 3px solid var(--_focus); outline-offset: 2px; }
`;

const sheets = new Map();

/** Styles the frame of one prompt. */
export function styleFrame(shadow) {
  adopt(shadow, sheet("frame", FRAME + BUTTONS.replaceAll("PROMPT ", "")));
}

/** Styles the forms of all prompts called `name` in the tree that `element` is in. */
export function styleForms(element) {
  const name = element.localName;
  adopt(element.getRootNode(), sheet(name, (FORM + BUTTONS).replaceAll("PROMPT", `:where(${name})`)));
}

// A DOM without style sheets, as some tests have, does without.
function adopt(root, sheet) {
  if (sheet && root.adoptedStyleSheets && !root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

// One for all prompts of a kind.
function sheet(key, text) {
  let made = sheets.get(key);
  if (!made && CSSStyleSheet.prototype.replaceSync) {
    made = new CSSStyleSheet();
    made.replaceSync(text);
    sheets.set(key, made);
  }
  return made;
}
