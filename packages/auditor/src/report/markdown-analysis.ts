/**
 * The analysis as Markdown.
 * @module
 */
import { code, fenced, prose, table } from "./markdown-text.ts";
import type { Analysis, Recommendation, ThreatAnalysis } from "./report.ts";

export function analysisLines(analysis: Analysis): string[] {
  const { objective, scope, methodology, strategy, threats, gaps, recommendations } = analysis;
  const lines = ["### Objective", "", prose(objective), "", "### Scope", "", "Covered:", ""];
  lines.push(...scope.covered.map((what) => `- ${prose(what)}`), "", "Not covered:", "");
  lines.push(...scope.notCovered.map((what) => `- ${prose(what)}`), "", "### Methodology", "");
  lines.push(...methodology.flatMap((paragraph) => [prose(paragraph), ""]));
  if (strategy.length > 0) {
    lines.push("### Strategy", "");
    for (const { point, text, controls } of strategy) {
      lines.push(`**${prose(point)}.** ${prose(text)}${idsText(" Judged by ", controls)}`, "");
    }
  }
  if (threats.length > 0) lines.push("### Threat model", "", ...threats.flatMap(threatLines));
  if (gaps.length > 0) {
    const rows = gaps.map(({ control, text }) => [code(control), prose(text)]);
    lines.push("### Gap analysis", "", ...table(["Control", "Asked and found"], rows), "");
  }
  if (recommendations.length > 0) {
    lines.push("### Recommendations", "", ...recommendations.flatMap(recommendationLines));
  }
  return [...lines, "### Conclusion", "", prose(analysis.conclusion), ""];
}

function threatLines({ title, attack, against, missing, residual }: ThreatAnalysis): string[] {
  const lines = [`#### ${prose(title)}`, "", prose(attack), ""];
  if (against.length > 0) lines.push(`- Against it:${idsText(" ", against)}`);
  if (missing.length > 0) lines.push(`- Missing:${idsText(" ", missing)}`);
  if (residual !== "") lines.push(`- Left: ${prose(residual)}`);
  return [...lines, ""];
}

function recommendationLines(recommendation: Recommendation, at: number): string[] {
  const { control, severity, effort, text, effect, fix, verification } = recommendation;
  const number = `${at + 1}. `;
  // What belongs to the item stands below its text, not below its number.
  const indent = " ".repeat(number.length);
  return [
    `${number}${code(control)} (${severity}, ${effort}). ${prose(text)}`,
    "",
    ...(fix?.code === undefined ? [] : [...fenced(fix.code, indent), ""]),
    `${indent}Effect: ${prose(effect)}`,
    "",
    `${indent}Verify: ${prose(verification)}`,
    "",
  ];
}

function idsText(before: string, ids: readonly string[]): string {
  return ids.length === 0 ? "" : `${before}${ids.map(code).join(", ")}.`;
}
