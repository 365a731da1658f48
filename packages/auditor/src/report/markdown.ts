/**
 * The report as Markdown (GitHub's), for a pull request or a wiki. What the audited tree says is escaped:
 * it can make no link, no image, no mention and no markup.
 * @module
 */
import { cleanLine } from "./clean-text.ts";
import { analysisLines } from "./markdown-analysis.ts";
import { code, fenced, prose, table } from "./markdown-text.ts";
import type { Report, ReportApplication, ReportControl, ReportFinding } from "./report.ts";
import {
  applicationTitle,
  controlsOf,
  emptyText,
  failuresBySeverity,
  hasTellingValue,
  keepsNoSessions,
  openText,
  statusOf,
  timeText,
  titleOf,
  versionsOf,
} from "./selection.ts";
import { capital, countText, listText, VERDICT_WORDS, VERDICTS, WRITTEN_HERE } from "./wording.ts";

export function renderMarkdown(report: Report): string {
  const { createdAt, tool, counts, applications, restriction } = report;
  const lines = [
    "# Session management review",
    "",
    `${prose(timeText(createdAt))}, holdfast-audit ${prose(tool.version)}, ${countText(counts.files, "file")}.`,
    "",
    ...table(
      ["Fail", "To review", "Pass", "Not applicable"],
      [[counts.fail, counts.review, counts.pass, counts.notApplicable].map(String)],
    ),
    "",
  ];
  const worst = failuresBySeverity(applications);
  if (applications.length === 0) {
    lines.push(emptyText(restriction), "");
  } else if (worst.length === 0) {
    lines.push("No control fails.", "");
  } else {
    lines.push(
      `By severity: ${listText(worst.map(({ severity, count }) => `${count} ${severity}`))}.`,
      "",
    );
  }
  if (restriction !== undefined) lines.push(`Findings are shown of ${prose(restriction)}.`, "");
  if (applications.length > 1) {
    const rows = applications.map((each) => [prose(applicationTitle(each)), openText(each)]);
    lines.push(...table(["Application", "Open"], rows), "");
  }
  for (const application of applications) lines.push(...applicationLines(application));
  lines.push(...leftOut(report));
  return `${lines.join("\n").trimEnd()}\n`;
}

function applicationLines(application: ReportApplication): string[] {
  const { sessions } = application;
  const lines = [`## ${prose(applicationTitle(application))}`, ""];
  for (const { library, file, line } of sessions) {
    lines.push(`- Sessions: ${prose(library)}, ${code(`${file}:${line}`)}`);
  }
  for (const name of versionsOf(application)) lines.push(`- ${code(name)}`);
  if (keepsNoSessions(application)) lines.push("- No sessions were found.");
  lines.push("");
  for (const verdict of ["fail", "review"] as const) {
    const controls = controlsOf(application, verdict);
    if (controls.length === 0) continue;
    lines.push(`### ${verdict === "fail" ? "What fails" : "To review"}`, "");
    for (const control of controls) lines.push(...controlLines(control));
  }
  if (application.controls.length > 0) {
    lines.push("### Controls", "", ...controlTable(application), "");
  }
  lines.push(...analysisLines(application.analysis));
  return lines;
}

function controlLines(control: ReportControl): string[] {
  const { id, severity, confidence, summary, findings, asvs, cwe, verdict } = control;
  const references = [
    ...asvs.map((section) => `ASVS ${section}`),
    ...cwe.map((number) => `CWE-${number}`),
  ];
  const lines = [
    `#### ${prose(titleOf(control))}`,
    "",
    `${code(id)}, ${verdict === "fail" ? `severity ${severity}, ` : ""}confidence ${confidence}${references.length === 0 ? "" : `, ${prose(references.join(", "))}`}`,
    "",
    prose(summary),
    "",
  ];
  findings.forEach((finding, at) => {
    lines.push(...findingLines(finding, findings[at - 1]));
  });
  lines.push(`Verify: ${prose(control.verification)}`, "");
  return lines;
}

function findingLines(finding: ReportFinding, before: ReportFinding | undefined): string[] {
  const { file, line, column, value, origin, message, fix, acceptance } = finding;
  const from = origin === WRITTEN_HERE ? "" : ` (${prose(origin)})`;
  const found = hasTellingValue(finding) ? `: ${prose(value)}${from}` : "";
  const status = statusOf(finding);
  const lines = [
    `- ${code(`${file}:${line}:${column}`)}${found}${status === "new" ? "" : ` *(${status})*`}`,
  ];
  if (acceptance !== undefined) {
    const { owner, until, reason } = acceptance;
    lines.push("", `  Accepted by ${prose(owner)} until ${prose(until)}: ${prose(reason)}`);
  }
  if (message !== before?.message) lines.push("", `  ${prose(message)}`);
  if (fix !== undefined && fix.text !== before?.fix?.text) {
    lines.push("", `  Fix: ${prose(fix.text)}`);
    if (fix.code !== undefined) lines.push("", ...fenced(fix.code, "  "));
  }
  return [...lines, ""];
}

function controlTable(application: ReportApplication): string[] {
  const rows = VERDICTS.flatMap((verdict) =>
    controlsOf(application, verdict).map((control) => [
      code(control.id),
      verdict === "fail" ? `**${VERDICT_WORDS.fail}**` : VERDICT_WORDS[verdict],
      verdict === "fail" || verdict === "review" ? control.severity : "",
      prose(control.summary),
    ]),
  );
  return table(["Control", "Verdict", "Severity", "Why"], rows);
}

function leftOut({ unsupported, unread }: Report): string[] {
  const lines: string[] = [];
  if (unsupported.length > 0) {
    lines.push("## Not supported, and not judged", "");
    lines.push(...unsupported.map((what) => `- ${prose(capital(cleanLine(what)))}`), "");
  }
  if (unread.length > 0) {
    lines.push("## Not read in full", "");
    lines.push(...unread.map(({ file, why }) => `- ${code(file)}: ${prose(why)}`), "");
  }
  return lines;
}
