/**
 * The report for a terminal: what came out first, then what fails, worst first. No text of the audited tree
 * reaches the terminal with control characters in it.
 * @module
 */
import { cleanLine, cleanLines } from "./clean-text.ts";
import type {
  Report,
  ReportApplication,
  ReportControl,
  ReportFinding,
  Severity,
} from "./report.ts";
import {
  applicationTitle,
  controlsOf,
  emptyText,
  failuresBySeverity,
  hasTellingValue,
  isNew,
  keepsNoSessions,
  openText,
  statusOf,
  titleOf,
} from "./selection.ts";
import { countText, listText, SEVERITIES, WRITTEN_HERE } from "./wording.ts";

export interface TerminalOptions {
  readonly color: boolean;
  /** Failures alone: no passes, no advice. @default false */
  readonly quiet?: boolean;
  /** Columns to wrap at. @default 100 */
  readonly width?: number;
}

/** SGR parameters, ECMA-48 8.3.117. */
const CODES = {
  bold: "1",
  dim: "2",
  critical: "1;97;41",
  high: "1;31",
  medium: "1;33",
  low: "1;36",
  info: "1;34",
  pass: "32",
  review: "35",
} as const;

/** Of a long list the first few, since the other formats have all. */
const SHOWN = 10;

type Paint = (style: keyof typeof CODES, text: string) => string;

interface Page {
  readonly paint: Paint;
  readonly width: number;
  readonly quiet: boolean;
}

export function renderTerminal(
  report: Report,
  { color, quiet = false, width = 100 }: TerminalOptions,
): string {
  const paint: Paint = (style, text) => (color ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
  const page: Page = { paint, quiet, width: Math.max(width, 40) };
  const lines = [...summary(report, page)];
  for (const application of report.applications) lines.push("", ...section(application, page));
  lines.push(...leftOut(report, page));
  return `${lines.join("\n")}\n`;
}

function summary({ applications, counts, restriction, tool }: Report, { paint }: Page): string[] {
  const files = countText(counts.files, "file");
  const lines = [
    `${paint("bold", "Session management review")}  ${paint("dim", `holdfast-audit ${cleanLine(tool.version)}, ${files}`)}`,
    "",
  ];
  if (applications.length === 0) {
    lines.push(`  ${emptyText(restriction)}`);
    return lines;
  }
  const bySeverity = failuresBySeverity(applications).map(({ severity, count }) =>
    paint(severity, ` ${count} ${severity} `),
  );
  const failed = countText(counts.fail, "control fails", "controls fail");
  lines.push(
    counts.fail === 0
      ? `  ${paint("pass", restriction === undefined ? "No control fails." : "No control fails there.")}`
      : `  ${paint("bold", failed)}  ${bySeverity.join(" ")}`,
    `  ${paint("review", `${counts.review} to review`)}, ${paint("pass", countText(counts.pass, "passes", "pass"))}, ${counts.notApplicable} not applicable`,
  );
  if (restriction !== undefined) lines.push(`  Findings are shown of ${cleanLine(restriction)}.`);
  return lines;
}

function section(application: ReportApplication, page: Page): string[] {
  const { paint, quiet } = page;
  const kept = application.sessions.map(
    ({ library, file, line }) => `${cleanLine(library)} (${cleanLine(file)}:${line})`,
  );
  const lines = [
    `${paint("bold", cleanLine(applicationTitle(application)))}  ${paint("dim", openText(application))}`,
  ];
  if (keepsNoSessions(application)) {
    const none = "It keeps no sessions that could be found, so there is nothing to judge.";
    lines.push(...wrapped(none, 2, page));
  } else if (kept.length > 0) {
    lines.push(...wrapped(`Sessions: ${listText(kept)}`, 2, page));
  }
  const failing = controlsOf(application, "fail");
  for (const severity of SEVERITIES) {
    const controls = failing.filter((control) => control.severity === severity);
    if (controls.length === 0) continue;
    lines.push("", `  ${paint(severity, ` ${severity.toUpperCase()} `)}`);
    for (const control of controls) lines.push(...controlLines(control, severity, page));
  }
  const doubtful = controlsOf(application, "review");
  if (doubtful.length > 0) {
    lines.push("", `  ${paint("review", " TO REVIEW ")}`);
    for (const control of doubtful) lines.push(...controlLines(control, "review", page));
  }
  if (quiet || !application.keepsSessions) return lines;
  const ids = (verdict: "pass" | "not-applicable") =>
    controlsOf(application, verdict).map(({ id }) => id);
  lines.push("", ...named("Passes", ids("pass"), page));
  lines.push(...named("Not applicable", ids("not-applicable"), page));
  lines.push("", ...wrapped(cleanLine(application.analysis.conclusion), 2, page));
  return lines;
}

function named(label: string, ids: readonly string[], page: Page): string[] {
  if (ids.length === 0) return [];
  return wrapped(`${label}: ${ids.join(", ")}`, 2, page).map((line) => page.paint("dim", line));
}

function controlLines(control: ReportControl, style: Severity | "review", page: Page): string[] {
  const mark = control.verdict === "fail" ? "✖" : "?";
  const { paint } = page;
  const shown = control.findings.filter(isNew);
  const lines = [
    "",
    `  ${paint(style, mark)} ${paint("bold", cleanLine(titleOf(control)))}  ${paint("dim", cleanLine(control.id))}`,
  ];
  shown.slice(0, SHOWN).forEach((finding, at) => {
    lines.push(...findingLines(finding, shown[at - 1], page));
  });
  if (shown.length > SHOWN) {
    const rest = countText(shown.length - SHOWN, "more place");
    lines.push(`    and ${rest}; --format html or json lists all`);
  }
  const count = (status: string) =>
    control.findings.filter((finding) => statusOf(finding) === status).length;
  if (count("known") > 0) lines.push(`    ${count("known")} more in the baseline`);
  for (const { acceptance, file, line } of control.findings) {
    if (acceptance === undefined) continue;
    const { owner, until, reason } = acceptance;
    lines.push(
      ...wrapped(
        `${cleanLine(file)}:${line} accepted by ${cleanLine(owner)} until ${cleanLine(until)}: ${cleanLine(reason)}`,
        4,
        page,
      ),
    );
  }
  return lines;
}

/** What a finding has in common with the one before is not said twice. */
function findingLines(
  finding: ReportFinding,
  before: ReportFinding | undefined,
  page: Page,
): string[] {
  const { paint, quiet } = page;
  const { file, line, column, origin, fix } = finding;
  const lines = [`    ${paint("bold", `${cleanLine(file)}:${line}:${column}`)}`];
  const from = origin === WRITTEN_HERE ? "" : ` (${cleanLine(origin)})`;
  if (hasTellingValue(finding))
    lines.push(...labelled("found", `${cleanLine(finding.value)}${from}`, page));
  if (finding.message !== before?.message) {
    lines.push(...labelled("why", cleanLine(finding.message), page));
  }
  if (quiet || fix === undefined || fix.text === before?.fix?.text) return lines;
  lines.push(...labelled("fix", cleanLine(fix.text), page));
  if (fix.code !== undefined) {
    for (const code of cleanLines(fix.code).split("\n")) {
      lines.push(`              ${paint("dim", "│")} ${code}`);
    }
  }
  return lines;
}

function labelled(label: string, text: string, page: Page): string[] {
  const [first = "", ...rest] = wrapped(text, 14, page);
  return [`      ${page.paint("dim", label.padEnd(6))}  ${first.trimStart()}`, ...rest];
}

function wrapped(text: string, indent: number, { width }: Page): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((each) => `${" ".repeat(indent)}${each}`);
}

function leftOut({ unsupported, unread }: Report, page: Page): string[] {
  const lines: string[] = [];
  if (unsupported.length > 0) {
    lines.push("", "Not supported, and not judged:");
    for (const what of unsupported) lines.push(...wrapped(cleanLine(what), 2, page));
  }
  if (unread.length > 0) {
    lines.push("", "Not read in full:");
    for (const { file, why } of unread.slice(0, SHOWN)) {
      lines.push(...wrapped(`${cleanLine(file)}: ${cleanLine(why)}`, 2, page));
    }
    if (unread.length > SHOWN) {
      lines.push(`  and ${countText(unread.length - SHOWN, "more file")}; --format json lists all`);
    }
  }
  return lines;
}
