/**
 * The report as one self-contained HTML page: no outside resource, a content security policy that lets
 * nothing in but its own style sheet and script, and readable without the script.
 * @module
 */
import { createHash } from "node:crypto";
import { anchorOf } from "./html-anchor.ts";
import { applicationSection, contentsOf } from "./html-application.ts";
import { SCRIPT } from "./html-script.ts";
import { STYLE } from "./html-style.ts";
import { html, type Markup, prose, textOf, trusted } from "./markup.ts";
import type { Report } from "./report.ts";
import {
  applicationTitle,
  controlsOf,
  emptyText,
  failuresBySeverity,
  keepsNoSessions,
  openText,
  severityRank,
  timeText,
} from "./selection.ts";
import { countText, SEVERITIES, VERDICT_WORDS, VERDICTS } from "./wording.ts";

export function renderHtml(report: Report): string {
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(STYLE)}'`,
    `script-src '${hashOf(SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return textOf(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Session management review</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">To the findings</a>
${header(report)}
<div class="frame">
<nav class="toc" aria-label="Contents"><div>${contents(report)}</div></nav>
<main id="content">
${overview(report)}
${report.applications.length > 0 && tools()}
${report.applications.map(applicationSection)}
${leftOut(report)}
</main>
</div>
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`);
}

/** A source expression of CSP Level 3, 2.3.1. */
function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function header(report: Report): Markup {
  const { counts, createdAt, tool, restriction } = report;
  return html`<header class="top"><div>
<p class="brand">Holdfast auditor</p>
<h1>Session management review</h1>
<p class="soft">${timeText(createdAt)}, version ${tool.version}, ${countText(counts.files, "file")}, judged for production</p>
${lead(report)}
${restriction !== undefined && html`<p class="lead">Findings are shown of ${prose(restriction)}.</p>`}
${tiles(report)}
${bar(report)}
</div></header>`;
}

/** What to know before anything else, in one or two sentences. */
function lead({ applications, counts, restriction }: Report): Markup {
  if (applications.length === 0) {
    return html`<p class="lead">${emptyText(restriction)}</p>`;
  }
  if (applications.every(keepsNoSessions)) {
    return html`<p class="lead">No sessions were found, so there is nothing to judge.</p>`;
  }
  const [worst] = applications
    .flatMap((application) => controlsOf(application, "fail"))
    .sort((left, right) => severityRank(left.severity) - severityRank(right.severity));
  if (worst === undefined) return html`<p class="lead">No control fails.</p>`;
  const failed = countText(counts.fail, "control fails", "controls fail");
  return html`<p class="lead">${failed}. The gravest, of ${worst.severity} severity: ${prose(worst.failureTitle)} (<code>${worst.id}</code>).</p>`;
}

function tiles({ counts, applications }: Report): Markup {
  const worst = failuresBySeverity(applications);
  const severities = worst.map(({ severity, count }) => `${count} ${severity}`).join(", ");
  return html`<dl class="tiles">
<div class="tile fail worst-${worst[0]?.severity ?? "none"}"><dt>Fail</dt><dd>${counts.fail}<small>${severities === "" ? "nothing to mend" : severities}</small></dd></div>
<div class="tile review"><dt>To review</dt><dd>${counts.review}<small>a person must look</small></dd></div>
<div class="tile pass"><dt>Pass</dt><dd>${counts.pass}<small>with evidence</small></dd></div>
<div class="tile"><dt>Not applicable</dt><dd>${counts.notApplicable}<small>with the reason</small></dd></div>
</dl>`;
}

/** Widths are attributes of an SVG: the policy allows no style on an element. */
function bar({ counts }: Report): Markup | undefined {
  const parts = [
    { verdict: "fail", count: counts.fail },
    { verdict: "review", count: counts.review },
    { verdict: "pass", count: counts.pass },
    { verdict: "not-applicable", count: counts.notApplicable },
  ];
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  let at = 0;
  const drawn = parts.map(({ verdict, count }) => {
    const start = at;
    at += count;
    return html`<rect class="${verdict}" x="${start}" y="0" width="${count}" height="1"/>`;
  });
  return html`<svg class="bar" viewBox="0 0 ${total} 1" preserveAspectRatio="none" aria-hidden="true">${drawn}</svg>`;
}

/** Many applications would push each other out of sight: only the first stands open then. */
const OPEN_CONTENTS = 2;

function contents({ applications, unsupported, unread }: Report): Markup {
  const rest = [
    ...(unsupported.length > 0 ? [html`<li><a href="#unsupported">Not supported</a></li>`] : []),
    ...(unread.length > 0 ? [html`<li><a href="#unread">Not read in full</a></li>`] : []),
  ];
  const isOpen = (at: number) => at === 0 || applications.length <= OPEN_CONTENTS;
  return html`${applications.map(
    (application, at) => html`<details ${isOpen(at) && "open"}>
<summary>${applicationTitle(application)}</summary>
<ul>${contentsOf(application).map(
      ({ name, title }) => html`<li><a href="#${anchorOf(at, name)}">${title}</a></li>`,
    )}</ul></details>`,
  )}${rest.length > 0 && html`<p>Left out</p><ul>${rest}</ul>`}`;
}

function overview({ applications }: Report): Markup | undefined {
  if (applications.length < 2) return undefined;
  return html`<div class="scroll overview"><table>
<thead><tr><th scope="col">Application</th><th scope="col">Open</th></tr></thead>
<tbody>${applications.map((application, at) => html`<tr><td class="wide"><a href="#${anchorOf(at, "title")}">${applicationTitle(application)}</a></td><td class="wide">${openText(application)}</td></tr>`)}</tbody>
</table></div>`;
}

/** Hidden until the script, without which it does nothing, shows it. */
function tools(): Markup {
  return html`<div class="tools" role="search" hidden>
<input type="search" placeholder="Search controls, files, values" aria-label="Search controls, files, values">
${VERDICTS.map(
  (verdict) =>
    html`<label><input type="checkbox" value="${verdict}" checked> ${VERDICT_WORDS[verdict]}</label>`,
)}
<label>Severity <select>
<option value="">any</option>
${[...SEVERITIES].reverse().map((severity) => html`<option value="${severity}">${severity === "critical" ? severity : `${severity} and up`}</option>`)}
</select></label>
<output aria-live="polite"></output>
</div>`;
}

function leftOut({ unsupported, unread }: Report): Markup {
  return html`${
    unsupported.length > 0 &&
    html`<section><h3 id="unsupported">Not supported, and not judged</h3><div class="note"><ul>${unsupported.map((what) => html`<li>${prose(what)}</li>`)}</ul></div></section>`
  }${
    unread.length > 0 &&
    html`<section><h3 id="unread">Not read in full</h3><div class="note"><ul>${unread.map(({ file, why }) => html`<li><code>${file}</code>: ${prose(why)}</li>`)}</ul></div></section>`
  }`;
}
