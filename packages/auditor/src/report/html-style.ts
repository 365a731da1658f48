/**
 * Style sheet of the HTML report: light, dark, narrow and printed. No outside resource.
 * @module
 */

export const STYLE: string = `
:root {
  color-scheme: light dark;
  --page: #f4f6f9; --card: #ffffff; --ink: #18212f; --soft: #566173; --line: #dde3eb;
  --tint: #eaeff6; --link: #1d4fbf;
  --critical: #9f1239; --high: #c2410c; --medium: #92610a; --low: #0f6f78; --info: #51607a;
  --pass: #17713a; --review: #6d28d9; --none: #64707f;
  --on: #ffffff;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151d; --card: #18202b; --ink: #e4e9f1; --soft: #a0acbd; --line: #2c3746;
    --tint: #202a37; --link: #8fb4ff;
    --critical: #fb7b9b; --high: #fb9a63; --medium: #e8bd55; --low: #5fcbd3; --info: #a9b7cd;
    --pass: #63cf8c; --review: #bda0ff; --none: #97a3b4;
    --on: #10151d;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--page); color: var(--ink); overflow-wrap: break-word;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--link); }
a:focus-visible, summary:focus-visible, input:focus-visible, select:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px;
}
code, pre, .at { font-family: var(--mono); font-size: .86em; }
code { background: var(--tint); border-radius: 4px; padding: .08em .32em; overflow-wrap: anywhere; }
pre {
  margin: .6rem 0 0; padding: .75rem .95rem; background: var(--tint); border: 1px solid var(--line);
  border-radius: 8px; overflow-x: auto; line-height: 1.5; white-space: pre;
}
pre code { padding: 0; background: none; font-size: 1em; overflow-wrap: normal; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; text-wrap: balance; }
h1 { font-size: clamp(1.55rem, 1.2rem + 1.6vw, 2.1rem); letter-spacing: -.015em; }
h2 { font-size: 1.45rem; letter-spacing: -.01em; }
h3 { font-size: 1.12rem; margin-top: 2.2rem; margin-bottom: .8rem; }
h4 { font-size: 1rem; }
p { margin: .5rem 0; max-width: 76ch; }
ul, ol { padding-left: 1.3rem; margin: .5rem 0; }
li { margin: .25rem 0; max-width: 76ch; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem; z-index: 2; }
.top { background: var(--card); border-bottom: 1px solid var(--line); }
.top > div, .frame { max-width: 1180px; margin: 0 auto; padding: 0 1.5rem; }
.top > div { padding-top: 2rem; padding-bottom: 1.75rem; }
.brand {
  font-size: .78rem; font-weight: 650; letter-spacing: .09em; text-transform: uppercase;
  color: var(--soft); margin: 0 0 .35rem;
}
.lead { font-size: 1.06rem; margin: .8rem 0 0; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .8rem; margin: 1.4rem 0 0; padding: 0; }
.tile { border: 1px solid var(--line); border-top: 4px solid var(--none); border-radius: 10px; padding: .8rem 1rem; margin: 0; }
.tile dt { color: var(--soft); font-size: .88rem; }
.tile dd { margin: 0; font-size: 1.95rem; font-weight: 680; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile small { display: block; color: var(--soft); font-size: .82rem; font-weight: 400; line-height: 1.4; }
.tile.fail { border-top-color: var(--high); }
.tile.fail.worst-critical { border-top-color: var(--critical); }
.tile.fail.worst-medium { border-top-color: var(--medium); }
.tile.fail.worst-low, .tile.fail.worst-info { border-top-color: var(--low); }
.tile.fail.worst-none { border-top-color: var(--pass); }
.tile.review { border-top-color: var(--review); }
.tile.pass { border-top-color: var(--pass); }
.bar { display: block; width: 100%; height: 8px; margin-top: 1rem; border-radius: 4px; }
.bar .fail { fill: var(--high); } .bar .review { fill: var(--review); }
.bar .pass { fill: var(--pass); } .bar .not-applicable { fill: var(--line); }
.frame { display: grid; grid-template-columns: 215px minmax(0, 1fr); gap: 2.5rem; padding-top: 1.8rem; padding-bottom: 4rem; }
.toc { font-size: .9rem; }
.toc > div { position: sticky; top: 1.2rem; max-height: calc(100vh - 2.4rem); overflow-y: auto; }
.toc p, .toc summary { font-weight: 650; margin: 0 0 .3rem; overflow-wrap: anywhere; }
.toc summary { cursor: pointer; }
.toc ul { list-style: none; margin: 0 0 1.2rem; padding: 0; border-left: 2px solid var(--line); }
.toc li { margin: 0; }
.toc a { display: block; padding: .2rem .8rem; color: var(--soft); text-decoration: none; }
.toc a:hover { color: var(--link); }
.tools {
  display: flex; flex-wrap: wrap; gap: .6rem 1.1rem; align-items: center; font-size: .9rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .75rem 1rem; margin-bottom: 1.6rem;
}
.tools[hidden] { display: none; }
.tools input[type="search"], .tools select {
  font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: .35rem .6rem;
}
.tools input[type="search"] { flex: 1 1 13rem; min-width: 0; }
.tools label { white-space: nowrap; }
.tools output { color: var(--soft); margin-left: auto; }
.overview { margin-bottom: 1.6rem; }
.application + .application { margin-top: 3.5rem; padding-top: 2.5rem; border-top: 2px solid var(--line); }
.facts { margin: .5rem 0 0; padding: 0; list-style: none; color: var(--soft); font-size: .92rem; }
.control { background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--none); border-radius: 10px; margin: 0 0 .9rem; }
.control > summary { cursor: pointer; padding: .85rem 1.1rem; list-style-position: outside; display: grid; grid-template-columns: auto 1fr auto; gap: .2rem .8rem; align-items: center; }
.control > summary::-webkit-details-marker { display: none; }
.control > summary h4 { min-width: 0; overflow-wrap: anywhere; }
.control > summary::after { content: "\\25BE"; color: var(--soft); }
.control:not([open]) > summary::after { content: "\\25B8"; }
.control > summary .sub { grid-column: 2; color: var(--soft); font-size: .86rem; }
.control .body { padding: 0 1.1rem 1.05rem; border-top: 1px solid var(--line); }
.control.critical { border-left-color: var(--critical); } .control.high { border-left-color: var(--high); }
.control.medium { border-left-color: var(--medium); } .control.low { border-left-color: var(--low); }
.control.info { border-left-color: var(--info); } .control.review { border-left-color: var(--review); }
.finding { padding: .9rem 0 .2rem; }
.finding + .finding { border-top: 1px dashed var(--line); margin-top: .7rem; }
.finding .at { font-weight: 650; overflow-wrap: anywhere; margin: 0; }
.finding dl { display: grid; grid-template-columns: 4.3rem minmax(0, 1fr); gap: .2rem .8rem; margin: .4rem 0 0; }
.finding dt { color: var(--soft); }
.finding dd { margin: 0; overflow-wrap: anywhere; max-width: 76ch; }
.finding dd:has(pre) { max-width: none; }
.finding.old { opacity: .75; }
.verify { border-top: 1px solid var(--line); margin: 1rem 0 0; padding-top: .75rem; font-size: .93rem; }
.badge {
  display: inline-block; border-radius: 5px; padding: .12rem .5rem; font-size: .74rem; font-weight: 680;
  letter-spacing: .03em; text-transform: uppercase; color: var(--on); background: var(--none); white-space: nowrap;
}
.badge.critical { background: var(--critical); } .badge.high { background: var(--high); }
.badge.medium { background: var(--medium); } .badge.low { background: var(--low); }
.badge.info { background: var(--info); } .badge.review { background: var(--review); }
.badge.pass { background: none; color: var(--pass); box-shadow: inset 0 0 0 1px currentColor; }
.badge.fail { background: var(--high); }
.badge.not-applicable { background: none; color: var(--none); box-shadow: inset 0 0 0 1px currentColor; }
.badge.plain { background: none; color: var(--soft); box-shadow: inset 0 0 0 1px var(--line); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .55rem .9rem; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: .84rem; }
td:first-child:not(.wide) { white-space: nowrap; }
td { min-width: 5.5rem; }
td.wide { min-width: 16rem; overflow-wrap: anywhere; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem; }
.two h4 { margin-top: .3rem; }
.point { padding: .8rem 0; border-top: 1px solid var(--line); }
.point:first-of-type { border-top: 0; padding-top: 0; }
.point p { margin: .25rem 0; overflow-wrap: anywhere; }
.chips { display: flex; flex-wrap: wrap; gap: .35rem; margin: .45rem 0 0; }
.chip { font: 500 .78rem/1.5 var(--mono); border: 1px solid var(--line); border-radius: 99px; padding: .05rem .6rem; text-decoration: none; color: var(--soft); }
.chip::before { content: "\\2013"; font-weight: 700; color: var(--none); margin-right: .45em; }
.chip.pass::before { content: "\\2713"; color: var(--pass); }
.chip.fail::before { content: "\\2717"; color: var(--high); }
.chip.review::before { content: "?"; color: var(--review); }
.threats { display: grid; grid-template-columns: repeat(auto-fill, minmax(21rem, 1fr)); gap: .9rem; }
.threat { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1.1rem; }
.threat header { display: flex; gap: .6rem; justify-content: space-between; align-items: baseline; }
.threat p { font-size: .94rem; overflow-wrap: anywhere; }
.threat .left { color: var(--soft); }
.steps { list-style: none; counter-reset: step; padding: 0; }
.steps > li { counter-increment: step; position: relative; padding: .9rem 0 .9rem 3rem; border-top: 1px solid var(--line); max-width: none; }
.steps > li:first-child { border-top: 0; }
.steps > li::before {
  content: counter(step); position: absolute; left: 0; top: .95rem; width: 1.9rem; height: 1.9rem; border-radius: 50%;
  background: var(--tint); border: 1px solid var(--line); display: grid; place-items: center; font-weight: 650; font-size: .9rem;
}
.steps p { margin: .3rem 0; }
.steps .chips { display: inline-flex; margin: 0 0 0 .2rem; vertical-align: middle; }
.steps details { margin-top: .4rem; }
.steps details > summary { cursor: pointer; color: var(--link); font-size: .93rem; }
.note.points { padding: 1.1rem 1.1rem .4rem; }
.note.steps { padding: .2rem 1.1rem; margin: 0; }
.note { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .2rem 1.1rem .6rem; }
.empty { color: var(--soft); }
@media (max-width: 60rem) {
  .frame { grid-template-columns: minmax(0, 1fr); gap: 1.5rem; padding-left: 1rem; padding-right: 1rem; }
  .top > div { padding-left: 1rem; padding-right: 1rem; }
  .toc > div { position: static; max-height: none; }
  .toc ul { border: 0; display: flex; flex-wrap: wrap; gap: .1rem .2rem; }
  .toc a { padding: .15rem .5rem .15rem 0; text-decoration: underline; }
}
@media (max-width: 40rem) {
  .tiles { grid-template-columns: 1fr 1fr; }
  .two { grid-template-columns: minmax(0, 1fr); }
  .threats { grid-template-columns: minmax(0, 1fr); }
  .control > summary { grid-template-columns: 1fr auto; }
  .control > summary .badge { justify-self: start; grid-column: 1 / -1; }
  .control > summary .sub { grid-column: 1 / -1; }
  .finding dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .finding dd { margin-bottom: .45rem; }
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { border-top: 1px solid var(--line); padding: .65rem .9rem; }
  tr:first-child { border-top: 0; }
  td, td.wide { border: 0; padding: .12rem 0; min-width: 0; }
  .steps > li { padding-left: 0; padding-top: 3.1rem; }
  .steps > li::before { top: .85rem; }
}
@media print {
  :root {
    --page: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --line: #cccccc; --tint: #f4f4f4; --link: #000000;
    --critical: #9f1239; --high: #b93a0a; --medium: #7d5206; --low: #0c5f67; --info: #3f4b5f;
    --pass: #17713a; --review: #6d28d9; --none: #555555; --on: #ffffff;
  }
  @page { margin: 16mm 14mm; }
  body { font-size: 10pt; }
  .toc, .tools, .skip, .control > summary::after { display: none; }
  .frame, .top > div { display: block; max-width: none; padding-left: 0; padding-right: 0; }
  .tiles { grid-template-columns: repeat(4, 1fr); }
  .threats { display: block; }
  .threat { margin-bottom: .7rem; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  .scroll { overflow: visible; }
  h2, h3, h4, .control > summary { break-after: avoid; }
  .finding, .threat, .point, .tile, tr, .steps > li { break-inside: avoid; }
  details:not([open])::details-content { content-visibility: visible; display: block; }
  .badge, .bar, .control { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
