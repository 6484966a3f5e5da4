/** The style of a report: light and dark by the reader's setting, one column, numbers of equal width. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --page: #f5f6f8; --ink: #1b2430; --soft: #566173; --line: #dde2e9; --head: #f0f2f6;
  --accent: #1c5d99; --good: #17693a; --good-paper: #e4f3ea; --warn: #855300; --warn-paper: #fdf1d8;
  --bad: #a8261f; --bad-paper: #fbe7e5; --quiet-paper: #eceff3; --bar: #3a7fbf; --track: #e8ecf2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #191f28; --page: #11161d; --ink: #e4e9f0; --soft: #a3afbf; --line: #303a47; --head: #212936;
    --accent: #83bdf1; --good: #7fd6a2; --good-paper: #173326; --warn: #f0c674; --warn-paper: #3a2e14;
    --bad: #ff9d94; --bad-paper: #42201e; --quiet-paper: #2a333f; --bar: #5b9fdd; --track: #27303c;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
header, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; padding-bottom: .5rem; }
h1 { font-size: clamp(1.35rem, 1.1rem + 1.2vw, 1.9rem); line-height: 1.25; font-weight: 650; margin: .6rem 0 1rem; letter-spacing: -.01em; overflow-wrap: break-word; }
h2 { font-size: 1.1rem; line-height: 1.3; margin: 0 0 .9rem; font-weight: 650; overflow-wrap: break-word; }
h3 { font-size: .95rem; margin: 1.4rem 0 .4rem; overflow-wrap: break-word; }
p, ul, ol, dl { margin: 0 0 .9rem; }
p, li, dd { overflow-wrap: break-word; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 1.25rem 1.35rem; margin: 0 0 1rem; min-width: 0; }
section > :last-child { margin-bottom: 0; }
a { color: var(--accent); }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
pre code { font-size: 1em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.eyebrow { display: flex; flex-wrap: wrap; gap: .4rem .75rem; align-items: center; margin: 0; color: var(--soft); font-size: .9rem; }
.eyebrow strong { color: var(--ink); font-weight: 600; }
.meta { color: var(--soft); font-size: .92rem; }
.meta div { display: inline; }
.meta div:not(:last-child) dd { white-space: nowrap; }
.meta dt, .meta dd { display: inline; margin: 0; }
.meta dt { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
.meta div + div::before { content: "\\00B7"; padding: 0 .45rem; }
.lead { font-size: 1.05rem; }
.text { white-space: pre-wrap; }
.none { color: var(--soft); }
.chip { display: inline-block; padding: .05rem .5rem; border-radius: 4px; font-size: .84rem; line-height: 1.5; font-weight: 600; white-space: nowrap; }
.chip.good { color: var(--good); background: var(--good-paper); }
.chip.warn { color: var(--warn); background: var(--warn-paper); }
.chip.bad { color: var(--bad); background: var(--bad-paper); }
.chip.quiet { color: var(--ink); background: var(--quiet-paper); }
.alert { border-left: 4px solid var(--bad); }
.caution { border-left: 4px solid var(--warn); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: 1rem 1.5rem; }
.figures div { min-width: 0; }
.figures dt { color: var(--soft); font-size: .84rem; }
.figures dd { margin: 0; font-size: 1.5rem; line-height: 1.3; font-weight: 600; letter-spacing: -.01em; }
.facts { display: grid; gap: .45rem 1rem; }
.facts > div { display: grid; grid-template-columns: minmax(8rem, 12rem) minmax(0, 1fr); gap: 0 1rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; min-width: 0; }
code.hash { overflow-wrap: anywhere; }
.plain { list-style: none; padding: 0; margin: 0; }
.box { overflow-x: auto; margin: 0 -1.35rem .9rem; padding: 0 1.35rem; }
.box.long { max-height: 34rem; overflow-y: auto; }
section > .box:last-child, details > .box:last-child { margin-bottom: 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; color: var(--soft); font-size: .84rem; padding-bottom: .35rem; }
th, td { text-align: left; vertical-align: top; padding: .42rem .9rem .42rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-size: .84rem; font-weight: 600; white-space: nowrap; border-bottom-width: 2px; }
.box.long thead th { position: sticky; top: 0; background: var(--paper); }
td.number, th.number { text-align: right; white-space: nowrap; }
tfoot th, tfoot td { font-weight: 650; border-bottom: 0; border-top: 2px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
td .text { white-space: normal; }
tbody th:has(code), td:has(code) { min-width: 8rem; }
.sides th[scope=row] { color: var(--soft); white-space: nowrap; }
.command { margin: 0 0 .9rem; }
pre { overflow-x: auto; background: var(--head); border-radius: 6px; padding: .6rem .8rem; margin: 0 0 .9rem; }
.command pre { margin: .25rem 0 0; white-space: pre-wrap; overflow-wrap: break-word; }
section > h2 + .box caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.diff span { display: block; white-space: pre; }
.diff .add { color: var(--good); } .diff .del { color: var(--bad); } .diff .same { color: var(--ink); }
.timeline { display: block; overflow: visible; font: inherit; }
.timeline text { fill: var(--ink); font-size: 14px; }
.timeline .time { fill: var(--soft); } .timeline .tick { fill: var(--soft); font-size: 12px; }
.timeline .grid { stroke: var(--line); stroke-width: 1; }
.timeline .track { fill: var(--track); } .timeline .bar { fill: var(--bar); } .timeline .bar.failed { fill: var(--bad); }
details { margin-top: .75rem; } summary { cursor: pointer; color: var(--accent); margin-bottom: .6rem; }
footer { color: var(--soft); font-size: .84rem; padding-top: .5rem; padding-bottom: 2.5rem; }
footer p { margin-bottom: .3rem; }
@media (max-width: 40rem) {
  header, main, footer { padding-left: .75rem; padding-right: .75rem; }
  header { padding-top: 1.5rem; }
  section { padding: 1rem; } .box { margin-left: -1rem; margin-right: -1rem; padding: 0 1rem; }
  .timeline .inner { display: none; }
  .facts > div { grid-template-columns: minmax(0, 1fr); }
  .figures dd { font-size: 1.25rem; }
}
@media print { body { background: #fff; } section { break-inside: avoid-page; } .box.long { max-height: none; } }
`;
