/**
 * What renderers pick from a report, in the order in which a reader cares.
 * @module
 */
import type {
  Report,
  ReportApplication,
  ReportControl,
  ReportFinding,
  Severity,
  Verdict,
} from "./report.ts";
import { SEVERITIES } from "./wording.ts";

export const FRAMEWORK_TITLES: Readonly<Record<ReportApplication["framework"], string>> = {
  symfony: "Symfony",
  phalcon: "Phalcon",
  node: "Node",
};

/** How a finding counts: `known` and `accepted` ones are told, and fail nothing. */
export function statusOf({ status = "new" }: ReportFinding): "new" | "known" | "accepted" {
  return status;
}

export function isNew(finding: ReportFinding): boolean {
  return statusOf(finding) === "new";
}

/** Controls of one verdict, worst severity first, otherwise in the report's order. */
export function controlsOf({ controls }: ReportApplication, verdict: Verdict): ReportControl[] {
  return controls
    .filter((control) => control.verdict === verdict)
    .sort((left, right) => severityRank(left.severity) - severityRank(right.severity));
}

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** Title as it reads under the control's verdict. */
export function titleOf({ verdict, title, failureTitle }: ReportControl): string {
  return verdict === "fail" ? failureTitle : title;
}

/** How many controls fail, by severity; severities without one are left out. */
export function failuresBySeverity(
  applications: readonly ReportApplication[],
): readonly { readonly severity: Severity; readonly count: number }[] {
  const failing = applications
    .flatMap(({ controls }) => controls)
    .filter(({ verdict }) => verdict === "fail");
  return SEVERITIES.map((severity) => ({
    severity,
    count: failing.filter((control) => control.severity === severity).length,
  })).filter(({ count }) => count > 0);
}

/** `Symfony application at the root`, `Node application in api/`; `PHP files` where only files were looked at. */
export function applicationTitle({ framework, root, isFilesOnly }: ReportApplication): string {
  if (isFilesOnly === true)
    return framework === "node" ? "JavaScript and TypeScript files" : "PHP files";
  const where = root === "." ? "at the root" : `in ${root}/`;
  return `${FRAMEWORK_TITLES[framework]} application ${where}`;
}

/** Whether there is anything but "seen in the source" to say of the value. */
export function hasTellingValue({ value }: ReportFinding): boolean {
  return value !== "" && !value.startsWith("seen in");
}

/** `2 critical, 1 low, 3 to review`: what is open in one application. */
export function openText(application: ReportApplication): string {
  const review = controlsOf(application, "review").length;
  const parts = failuresBySeverity([application]).map(
    ({ severity, count }) => `${count} ${severity}`,
  );
  if (review > 0) parts.push(`${review} to review`);
  if (parts.length > 0) return parts.join(", ");
  return keepsNoSessions(application) ? "no sessions" : "no control fails";
}

/** Of an application, that is: of some files alone nobody can say so. */
export function keepsNoSessions({ keepsSessions, isFilesOnly }: ReportApplication): boolean {
  return !keepsSessions && isFilesOnly !== true;
}

/** A report without an application. */
export function emptyText(restriction: string | undefined): string {
  return restriction === undefined
    ? "No Symfony, Phalcon or Node application was found."
    : "There is nothing to audit in what is looked at.";
}

/** Versions that the review speaks of; an application may have hundreds of packages. */
export function versionsOf({
  versions,
  sessions,
  controls,
  analysis,
}: ReportApplication): string[] {
  const prose = [
    ...sessions.map(({ library }) => library),
    ...controls.flatMap(({ findings }) => findings.map(({ origin }) => origin)),
    ...analysis.strategy.map(({ text }) => text),
  ].join("\n");
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .filter((name) => prose.includes(name));
}

/** `2026-03-01 12:00 UTC` */
export function timeText(createdAt: Report["createdAt"]): string {
  return `${createdAt.slice(0, 16).replace("T", " ")} UTC`;
}
