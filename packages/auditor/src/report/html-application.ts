/**
 * One application on the HTML page: what fails, what to review, all controls, and the analysis.
 * @module
 */
import { analysisSections } from "./html-analysis.ts";
import { anchorOf } from "./html-anchor.ts";
import { block, html, type Markup, prose } from "./markup.ts";
import type { ReportApplication, ReportControl, ReportFinding, Verdict } from "./report.ts";
import {
  applicationTitle,
  controlsOf,
  hasTellingValue,
  keepsNoSessions,
  statusOf,
  titleOf,
  versionsOf,
} from "./selection.ts";
import { countText, VERDICT_WORDS, VERDICTS, WRITTEN_HERE } from "./wording.ts";

/** Sections of an application, for the table of contents. */
export function contentsOf(
  application: ReportApplication,
): readonly { readonly name: string; readonly title: string }[] {
  const { analysis, controls } = application;
  const has = (verdict: Verdict) => controls.some((control) => control.verdict === verdict);
  return [
    { name: "fail", title: "What fails", isThere: has("fail") },
    { name: "review", title: "To review", isThere: has("review") },
    { name: "controls", title: "All controls", isThere: controls.length > 0 },
    { name: "objective", title: "Objective", isThere: true },
    { name: "scope", title: "Scope", isThere: true },
    { name: "methodology", title: "Methodology", isThere: true },
    { name: "strategy", title: "Strategy", isThere: analysis.strategy.length > 0 },
    { name: "threats", title: "Threat model", isThere: analysis.threats.length > 0 },
    { name: "gaps", title: "Gap analysis", isThere: analysis.gaps.length > 0 },
    {
      name: "recommendations",
      title: "Recommendations",
      isThere: analysis.recommendations.length > 0,
    },
    { name: "conclusion", title: "Conclusion", isThere: true },
  ].filter(({ isThere }) => isThere);
}

export function applicationSection(application: ReportApplication, at: number): Markup {
  const { sessions } = application;
  const packages = versionsOf(application);
  const fails = controlsOf(application, "fail");
  const doubts = controlsOf(application, "review");
  return html`<section class="application" aria-labelledby="${anchorOf(at, "title")}">
<h2 id="${anchorOf(at, "title")}">${applicationTitle(application)}</h2>
<ul class="facts">
${sessions.map(({ library, file, line }) => html`<li>Sessions by ${library}, set up in <code>${file}:${line}</code></li>`)}
${keepsNoSessions(application) && html`<li>It keeps no sessions that could be found, so there is nothing to judge.</li>`}
${packages.length > 0 && html`<li>Versions: ${packages.join(", ")}</li>`}
</ul>
${fails.length > 0 && group("What fails", anchorOf(at, "fail"), fails, at)}
${doubts.length > 0 && group("To review", anchorOf(at, "review"), doubts, at)}
${application.controls.length > 0 && controlTable(application, at)}
${analysisSections(application, at)}
</section>`;
}

function group(
  title: string,
  anchor: string,
  controls: readonly ReportControl[],
  at: number,
): Markup {
  return html`<section data-group>
<h3 id="${anchor}">${title}</h3>
${controls.map((control) => card(control, at))}
<p class="empty" hidden>Nothing here matches the filter.</p>
</section>`;
}

function card(control: ReportControl, at: number): Markup {
  const { id, verdict, severity, confidence, findings, summary, verification } = control;
  const style = verdict === "fail" ? severity : "review";
  return html`<details class="control ${style}" id="${anchorOf(at, id)}" data-verdict="${verdict}" data-severity="${severity}" open>
<summary><span class="badge ${style}">${verdict === "fail" ? severity : "review"}</span><h4>${titleOf(control)}</h4>
<span class="sub"><code>${id}</code> ${countText(findings.length, "place")}, confidence ${confidence}</span></summary>
<div class="body">
<p>${prose(summary)}</p>
${findings.map((finding, index) => findingMarkup(finding, findings[index - 1]))}
<p class="verify"><b>How to verify.</b> ${prose(verification)}</p>
<p class="soft">${referencesOf(control)}</p>
</div>
</details>`;
}

function findingMarkup(finding: ReportFinding, before: ReportFinding | undefined): Markup {
  const { file, line, column, value, origin, message, fix, acceptance } = finding;
  const status = statusOf(finding);
  const from = origin === WRITTEN_HERE ? "" : ` (${origin})`;
  const isNewMessage = message !== before?.message;
  const isNewFix = fix !== undefined && fix.text !== before?.fix?.text;
  return html`<div class="finding ${status !== "new" && "old"}">
<p class="at">${file}:${line}:${column}${status !== "new" && html` <span class="badge plain">${status}</span>`}</p>
<dl>
${hasTellingValue(finding) && html`<dt>Found</dt><dd>${prose(value)}${prose(from)}</dd>`}
${isNewMessage && html`<dt>Why</dt><dd>${prose(message)}</dd>`}
${acceptance !== undefined && html`<dt>Accepted</dt><dd>by ${acceptance.owner} until ${acceptance.until}: ${prose(acceptance.reason)}</dd>`}
${isNewFix && html`<dt>Fix</dt><dd>${prose(fix.text)}${fix.code !== undefined && html`<pre><code>${block(fix.code)}</code></pre>`}</dd>`}
</dl>
</div>`;
}

function referencesOf({ asvs, wstg, cwe, covers }: ReportControl): string {
  return [
    ...asvs.map((section) => `ASVS 5.0 ${section}`),
    ...wstg,
    ...cwe.map((number) => `CWE-${number}`),
    ...covers,
  ].join(", ");
}

function controlTable(application: ReportApplication, at: number): Markup {
  const rows = VERDICTS.flatMap((verdict) => controlsOf(application, verdict));
  return html`<section data-group>
<h3 id="${anchorOf(at, "controls")}">All controls</h3>
<div class="scroll"><table>
<thead><tr><th scope="col">Verdict</th><th scope="col">Control</th><th scope="col">Why</th></tr></thead>
<tbody>${rows.map((control) => row(control, at))}</tbody>
</table></div>
<p class="empty" hidden>Nothing here matches the filter.</p>
</section>`;
}

function row(control: ReportControl, at: number): Markup {
  const { id, verdict, severity, summary } = control;
  const hasCard = verdict === "fail" || verdict === "review";
  const name = html`<code>${id}</code>`;
  return html`<tr data-verdict="${verdict}" data-severity="${severity}">
<td><span class="badge ${verdict === "fail" ? severity : verdict}">${verdict === "fail" ? `fails: ${severity}` : VERDICT_WORDS[verdict]}</span></td>
<td class="wide">${hasCard ? html`<a href="#${anchorOf(at, id)}">${titleOf(control)}</a>` : control.title}<br>${name}</td>
<td class="wide">${prose(summary)}</td>
</tr>`;
}
