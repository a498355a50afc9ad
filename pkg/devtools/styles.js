// How the devtools look. Colours are mixtures of the system's own, so that they follow the page's `color-scheme`. The sheet is
// made by script, which a Content-Security-Policy without 'unsafe-inline' allows; a <style> would not be.

const SHEET = `
  :host {
    --_surface: var(--tokenkeep-surface, color-mix(in srgb, Canvas 97%, white));
    --_ink: var(--tokenkeep-ink, CanvasText);
    --_quiet: var(--tokenkeep-quiet, color-mix(in srgb, var(--_ink) 68%, var(--_surface)));
    --_line: var(--tokenkeep-line, color-mix(in srgb, var(--_ink) 14%, var(--_surface)));
    --_edge: var(--tokenkeep-edge, color-mix(in srgb, var(--_ink) 50%, var(--_surface)));
    --_focus: var(--tokenkeep-focus, color-mix(in srgb, #3b62f6 80%, var(--_ink)));
    --_good: var(--tokenkeep-good, color-mix(in srgb, #00a080 72%, var(--_ink)));
    --_renewal: var(--tokenkeep-renewal, color-mix(in srgb, #e87400 78%, var(--_ink)));
    --_warning: var(--tokenkeep-warning, color-mix(in srgb, #b08a00 78%, var(--_ink)));
    --_bad: var(--tokenkeep-bad, color-mix(in srgb, #e5383b 80%, var(--_ink)));
    --_mark: var(--tokenkeep-mark, color-mix(in srgb, #6a5cff 80%, var(--_ink)));
    --_radius: var(--tokenkeep-radius, 0.7rem);
    --_font: var(--tokenkeep-font, system-ui, sans-serif);
    --_name: 118px;
    display: block;
    min-width: 0;
  }
  :host([hidden]), [hidden] { display: none !important; }
  :host(:not([docked])) .close { display: none !important; }
  :host([docked]) { position: fixed; inset: auto 0 0; z-index: 2147483000; }
  *, ::before, ::after { box-sizing: border-box; }

  section {
    overflow: hidden;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_surface);
    color: var(--_ink);
    font: 13px/1.45 var(--_font);
    text-align: left;
    direction: ltr;
  }
  :host([docked]) section { border-width: 1px 0 0; border-radius: var(--_radius) var(--_radius) 0 0; box-shadow: 0 -0.75rem 2.5rem -1.25rem rgb(0 0 0 / 40%); }

  .toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.35rem 0.9rem; padding: 0.5rem 0.75rem; border-bottom: 1px solid var(--_line); }
  .toolbar > div { display: flex; align-items: center; gap: 0.3rem; }
  .title { margin-right: auto; font-size: 0.95rem; letter-spacing: -0.01em; }
  .span { min-width: 4.2em; color: var(--_quiet); font-variant-numeric: tabular-nums; text-align: center; }
  .tool {
    min-width: 26px;
    min-height: 26px;
    padding: 0.1rem 0.6rem;
    border: 1px solid var(--_line);
    border-radius: 0.45rem;
    background: none;
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  .tool:hover { border-color: var(--_edge); background: color-mix(in srgb, var(--_ink) 6%, var(--_surface)); }
  .tool[aria-pressed="true"] { border-color: var(--_ink); background: var(--_ink); color: var(--_surface); }
  :focus-visible { outline: 3px solid var(--_focus); outline-offset: 1px; }
  .scroll:focus-visible, .list:focus-visible { outline-offset: -3px; }

  .scroll { position: relative; max-height: var(--tokenkeep-height, 24rem); min-height: 7.5rem; overflow: auto; scrollbar-color: var(--_edge) var(--_surface); scroll-padding: 26px 12px 0 calc(var(--_name) + 8px); }
  :host([docked]) :is(.scroll, .list) { max-height: var(--tokenkeep-height, 34vh); }
  .canvas { position: relative; min-width: 100%; overflow: clip; background: linear-gradient(to right, var(--_line) 1px, transparent 1px) 0 0 / 100% 100%; }
  .axis { position: sticky; top: 0; z-index: 3; height: 22px; border-bottom: 1px solid var(--_line); background: var(--_surface); color: var(--_quiet); font-size: 11px; font-variant-numeric: tabular-nums; }
  .axis::before { content: ""; position: sticky; left: 0; z-index: 1; display: block; width: var(--_name); height: 21px; background: var(--_surface); }
  .axis span { position: absolute; top: 0; padding: 3px 0 0 5px; white-space: nowrap; }
  .axis span { border-left: 1px solid var(--_line); height: 21px; }
  .empty { position: sticky; left: 0; width: fit-content; margin: 1.5rem; color: var(--_quiet); }

  .lane { display: flex; border-bottom: 1px solid var(--_line); }
  .lane:last-child { border-bottom: 0; }
  .name { position: sticky; left: 0; z-index: 4; flex: none; width: var(--_name); padding: 0 0.5rem 0 0.75rem; border-right: 1px solid var(--_line); background: var(--_surface); }
  .name p { display: flex; align-items: center; gap: 0.45em; height: 32px; margin: 0; overflow: hidden; white-space: nowrap; }
  .name b { overflow: hidden; text-overflow: ellipsis; }
  .name small, .row-name { color: var(--_quiet); font-size: 11px; }
  .row-name { display: block; line-height: 20px; }
  .gone .row { opacity: 0.55; }
  .gone .name b { color: var(--_quiet); }
  .track { position: relative; flex: 1; min-width: 0; }
  .row { position: relative; height: 32px; }
  .row.renewals { height: 20px; }
  .row.calls { height: var(--calls, 20px); min-height: 20px; padding-bottom: 6px; }

  .item { position: absolute; padding: 0; border: 0; background: none; color: inherit; font: inherit; cursor: pointer; }
  .item.shown { outline: 2px solid var(--_ink); outline-offset: 1px; }
  .item:focus-visible { outline: 3px solid var(--_focus); z-index: 2; }
  .good { --tone: var(--_good); }
  .renewal { --tone: var(--_renewal); }
  .warning { --tone: var(--_warning); }
  .bad { --tone: var(--_bad); }
  .plain, .page, .waiting { --tone: var(--_quiet); }
  .mark.mark { --tone: var(--_mark); }
  .mark.good { --tone: var(--_good); }
  .mark.renewal { --tone: var(--_renewal); }
  .mark.warning { --tone: var(--_warning); }
  .mark.bad { --tone: var(--_bad); }
  .mark:is(.plain, .page) { --tone: var(--_quiet); }

  .item.mark { top: 5px; width: 14px; height: 18px; border-radius: 3px; }
  .mark::before { content: ""; position: absolute; inset: 50% auto auto 50%; width: 10px; height: 10px; border: 2px solid var(--tone); border-radius: 50%; background: var(--_surface); transform: translate(-50%, -50%); }
  .mark.plain::before { width: 7px; height: 7px; border: 0; background: var(--tone); }
  .mark.renewal::before { border: 0; border-radius: 1px; background: var(--tone); transform: translate(-50%, -50%) rotate(45deg); }
  .mark.warning::before { border-radius: 2px; }
  .mark.bad::before { width: 11px; height: 11px; border: 0; border-radius: 0; background: var(--tone); clip-path: polygon(0 16%, 16% 0, 50% 34%, 84% 0, 100% 16%, 66% 50%, 100% 84%, 84% 100%, 50% 66%, 16% 100%, 0 84%, 34% 50%); }
  .mark.page::before { width: 2px; height: 13px; border: 0; border-radius: 1px; background: var(--tone); }
  .mark.mark:not(.good, .renewal, .warning, .bad, .plain, .page)::before { width: 11px; height: 12px; border: 0; border-radius: 0; background: var(--tone); clip-path: polygon(0 0, 100% 30%, 22% 60%, 22% 100%, 0 100%); }

  .item.life { bottom: 0; height: 6px; border-radius: 2px; }
  .life::before { content: ""; position: absolute; inset: 2px 0 0; border-radius: 2px; background: color-mix(in srgb, var(--tone) 38%, var(--_surface)); }
  .item.life { border-right: 2px solid var(--_surface); }

  .item.renewal:not(.mark) { top: 3px; height: 14px; }
  .renewal:not(.mark), .call { border-radius: 3px; background: color-mix(in srgb, var(--tone) 30%, var(--_surface)); }
  .item.renewal.bad:not(.mark) { --tone: var(--_bad); }
  .item.call { height: 6px; }
  .call.whole { background: color-mix(in srgb, var(--tone) 72%, var(--_surface)); }
  .call.waiting.whole { background: repeating-linear-gradient(-45deg, var(--tone) 0 3px, transparent 3px 6px); }
  .sent { position: absolute; top: 0; bottom: 0; border-radius: 3px; background: var(--tone); }
  .sent.refused { background: var(--_warning); }
  .item:hover { filter: brightness(0.92) saturate(1.2); }

  .details { min-height: 4.9rem; padding: 0.55rem 0.75rem; border-top: 1px solid var(--_line); overflow-wrap: anywhere; }
  .details p, .details dl, .legend { margin: 0; padding: 0; }
  .details dl { display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; margin-top: 0.2rem; color: var(--_quiet); font-variant-numeric: tabular-nums; }
  dt { display: inline; }
  dt::after { content: ": "; }
  dl > dt { margin-right: -0.8rem; }
  dd { margin: 0; color: var(--_ink); }
  .legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; color: var(--_quiet); list-style: none; }
  .legend li { display: flex; align-items: center; gap: 0.45rem; }
  .sample { position: relative; flex: none; display: inline-block; width: 14px; height: 14px; vertical-align: -2px; }
  .sample.renewal:not(.mark), .sample.call { height: 8px; background: linear-gradient(to right, color-mix(in srgb, var(--tone, var(--_good)) 30%, var(--_surface)) 45%, var(--tone, var(--_good)) 45%); }
  .sample:is(.renewal, .call):not(.mark) { vertical-align: 0; }
  .sample.life { --tone: var(--_good); height: 6px; }
  .unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  .list { max-height: var(--tokenkeep-height, 24rem); overflow: auto; }
  table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.2rem 0.75rem; text-align: left; vertical-align: top; }
  th { position: sticky; top: 0; z-index: 1; background: var(--_surface); color: var(--_quiet); font-weight: 600; box-shadow: 0 1px var(--_line); }
  td { border-top: 1px solid var(--_line); overflow-wrap: anywhere; }
  td:nth-child(1), td:nth-child(2), td:nth-child(5) { white-space: nowrap; }
  td:nth-child(4) { color: var(--_quiet); }
  td .sample { margin-right: 0.5rem; }

  @media (max-width: 36rem) {
    .toolbar { gap: 0.35rem 0.5rem; }
    .title { width: 100%; }
  }
  @media (forced-colors: active) {
    .item, .sample, .sent { forced-color-adjust: none; }
    .tool[aria-pressed="true"] { forced-color-adjust: none; background: Highlight; color: HighlightText; }
  }
`;

let sheet;

// A DOM without style sheets, as some tests have, does without.
export function style(shadow) {
  if (!shadow.adoptedStyleSheets || !CSSStyleSheet.prototype.replaceSync) return;
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
  }
  shadow.adoptedStyleSheets = [...shadow.adoptedStyleSheets, sheet];
}
