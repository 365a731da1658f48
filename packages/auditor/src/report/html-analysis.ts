/**
 * The analysis on the HTML page.
 * @module
 */
import { anchorOf } from "./html-anchor.ts";
import { block, html, type Markup, prose } from "./markup.ts";
import type { Analysis, Recommendation, ReportApplication, ThreatAnalysis } from "./report.ts";

export function analysisSections(application: ReportApplication, at: number): Markup {
  const { analysis } = application;
  const { objective, scope, methodology, strategy, threats, gaps, recommendations } = analysis;
  const heading = (name: string, title: string) =>
    html`<h3 id="${anchorOf(at, name)}">${title}</h3>`;
  const chips = (ids: readonly string[]) => chipsOf(ids, application, at);
  return html`
${heading("objective", "Objective")}
<p>${prose(objective)}</p>
${heading("scope", "Scope")}
<div class="two">
<div><h4>Covered</h4>${list(scope.covered)}</div>
<div><h4>Not covered</h4>${list(scope.notCovered)}</div>
</div>
${heading("methodology", "Methodology")}
${methodology.map((paragraph) => html`<p>${prose(paragraph)}</p>`)}
${strategy.length > 0 && html`${heading("strategy", "Strategy, point by point")}<div class="note points">${strategy.map((point) => strategyPoint(point, chips))}</div>`}
${threats.length > 0 && html`${heading("threats", "Threat model")}<div class="threats">${threats.map((threat) => threatCard(threat, application, chips))}</div>`}
${gaps.length > 0 && html`${heading("gaps", "Gap analysis")}${gapTable(gaps, chips)}`}
${recommendations.length > 0 && html`${heading("recommendations", "Recommendations, in order")}<ol class="note steps">${recommendations.map((each) => step(each, chips))}</ol>`}
${heading("conclusion", "Conclusion")}
<p>${prose(analysis.conclusion)}</p>`;
}

type Chips = (ids: readonly string[]) => Markup | undefined;

/** Controls by name, with the colour of their verdict; those with a card are links. */
function chipsOf(
  ids: readonly string[],
  { controls }: ReportApplication,
  at: number,
): Markup | undefined {
  if (ids.length === 0) return undefined;
  const chips = ids.map((id) => {
    const verdict = controls.find((control) => control.id === id)?.verdict;
    if (verdict === "fail" || verdict === "review") {
      return html`<a class="chip ${verdict}" href="#${anchorOf(at, id)}">${id}</a>`;
    }
    return html`<span class="chip ${verdict}">${id}</span>`;
  });
  return html`<span class="chips">${chips}</span>`;
}

function list(texts: readonly string[]): Markup {
  return html`<ul>${texts.map((text) => html`<li>${prose(text)}</li>`)}</ul>`;
}

function strategyPoint(
  { point, text, controls }: Analysis["strategy"][number],
  chips: Chips,
): Markup {
  return html`<div class="point"><h4>${point}</h4><p>${prose(text)}</p>${chips(controls)}</div>`;
}

function threatCard(
  { title, attack, against, missing, residual }: ThreatAnalysis,
  { controls }: ReportApplication,
  chips: Chips,
): Markup {
  const severities = controls
    .filter(({ id }) => missing.includes(id))
    .map(({ severity }) => severity);
  const isSmall = severities.every((severity) => severity === "low" || severity === "info");
  const state =
    missing.length > 0
      ? isSmall
        ? html`<span class="badge low">small gap</span>`
        : html`<span class="badge fail">open</span>`
      : against.length > 0
        ? html`<span class="badge pass">no control fails</span>`
        : html`<span class="badge plain">not judged</span>`;
  return html`<article class="threat">
<header><h4>${title}</h4>${state}</header>
<p>${prose(attack)}</p>
${missing.length > 0 && html`<p><b>Missing</b>${chips(missing)}</p>`}
${against.length > 0 && html`<p><b>Against it</b>${chips(against)}</p>`}
${residual !== "" && html`<p class="left"><b>Left.</b> ${prose(residual)}</p>`}
</article>`;
}

function gapTable(gaps: Analysis["gaps"], chips: Chips): Markup {
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Control</th><th scope="col">Asked and found</th></tr></thead>
<tbody>${gaps.map(({ control, text }) => html`<tr><td>${chips([control])}</td><td class="wide">${prose(text)}</td></tr>`)}</tbody>
</table></div>`;
}

function step(recommendation: Recommendation, chips: Chips): Markup {
  const { control, severity, effort, text, effect, fix, verification } = recommendation;
  return html`<li>
<p><span class="badge ${severity}">${severity}</span> <span class="badge plain">${effort}</span> ${chips([control])}</p>
<p>${prose(text)}</p>
<p><b>Effect.</b> ${prose(effect)}</p>
<details><summary>${fix?.code === undefined ? "How to verify" : "What to write, and how to verify"}</summary>
${fix?.code !== undefined && html`<pre><code>${block(fix.code)}</code></pre>`}
<p>${prose(verification)}</p>
</details>
</li>`;
}
