/**
 * What becomes of a report's findings by baseline, accepted risks and restrictions, and whether they fail
 * the run. Changes no verdict.
 * @module
 */
import { countsOf } from "../report/build-report.ts";
import type {
  Analysis,
  Report,
  ReportApplication,
  ReportControl,
  ReportFinding,
} from "../report/report.ts";
import { isNew, severityRank } from "../report/selection.ts";
import type { FailOn } from "./arguments.ts";
import type { AcceptedRisk } from "./audit-config.ts";

export interface KnownFindings {
  /** Fingerprints; `undefined` without a baseline. */
  readonly baseline: ReadonlySet<string> | undefined;
  readonly accepted: readonly AcceptedRisk[];
  readonly now: Date;
}

export interface MarkedReport {
  readonly report: Report;
  /** Accepted risks whose time is over, and that would cover something that is still there. */
  readonly expired: readonly AcceptedRisk[];
  /** Accepted risks that nothing was found of. */
  readonly unused: readonly AcceptedRisk[];
}

/** Gives each finding that fails, or is to be reviewed, its status. */
export function markKnown(
  report: Report,
  { baseline, accepted, now }: KnownFindings,
): MarkedReport {
  const today = now.toISOString().slice(0, 10);
  const met = new Set<AcceptedRisk>();
  const mark = (control: ReportControl, finding: ReportFinding): ReportFinding => {
    const risks = accepted.filter((risk) => covers(risk, control, finding));
    for (const risk of risks) met.add(risk);
    const valid = risks.find(({ until }) => until >= today);
    if (valid !== undefined) {
      const { reason, owner, until } = valid;
      return { ...finding, status: "accepted", acceptance: { reason, owner, until } };
    }
    if (baseline === undefined) return finding;
    return { ...finding, status: baseline.has(finding.fingerprint) ? "known" : "new" };
  };
  const marked = mapControls(report, (control) =>
    isOpen(control)
      ? { ...control, findings: control.findings.map((finding) => mark(control, finding)) }
      : control,
  );
  return {
    report: marked,
    expired: accepted.filter((risk) => met.has(risk) && risk.until < today),
    unused: accepted.filter((risk) => !met.has(risk)),
  };
}

function covers(
  { control, file, fingerprint }: AcceptedRisk,
  { id }: ReportControl,
  finding: ReportFinding,
) {
  return (
    control === id &&
    (file === undefined || file === finding.file) &&
    (fingerprint === undefined || fingerprint === finding.fingerprint)
  );
}

function isOpen({ verdict }: ReportControl): boolean {
  return verdict === "fail" || verdict === "review";
}

export interface Restriction {
  readonly keepsFile: (file: string) => boolean;
  readonly keepsApplication: (root: string) => boolean;
  /** Ends the sentence "Findings are shown of …". */
  readonly words: string;
}

/** Leaves out findings elsewhere, and controls that have none left. */
export function restrict(
  report: Report,
  { keepsFile, keepsApplication, words }: Restriction,
): Report {
  const applications = report.applications
    .filter(({ root }) => keepsApplication(root))
    .map((application) => restricted(application, keepsFile));
  return {
    ...report,
    restriction: words,
    applications,
    counts: countsOf(applications, report.counts.files),
  };
}

function restricted(
  application: ReportApplication,
  keepsFile: Restriction["keepsFile"],
): ReportApplication {
  const left = new Set<string>();
  const controls = application.controls.flatMap((control) => {
    if (!isOpen(control)) return [control];
    const findings = control.findings.filter(({ file }) => keepsFile(file));
    if (findings.length > 0) return [{ ...control, findings }];
    left.add(control.id);
    return [];
  });
  return { ...application, controls, analysis: withoutControls(application.analysis, left) };
}

function withoutControls(analysis: Analysis, left: ReadonlySet<string>): Analysis {
  return {
    ...analysis,
    gaps: analysis.gaps.filter(({ control }) => !left.has(control)),
    recommendations: analysis.recommendations.filter(({ control }) => !left.has(control)),
  };
}

function mapControls(report: Report, change: (control: ReportControl) => ReportControl): Report {
  return {
    ...report,
    applications: report.applications.map((application) => ({
      ...application,
      controls: application.controls.map(change),
    })),
  };
}

/** New findings of controls that fail at a severity or above. */
export function failuresOf(report: Report, failOn: FailOn): readonly ReportFinding[] {
  if (failOn === "never") return [];
  return report.applications
    .flatMap(({ controls }) => controls)
    .filter(
      ({ verdict, severity }) =>
        verdict === "fail" && severityRank(severity) <= severityRank(failOn),
    )
    .flatMap(({ findings }) => findings.filter(isNew));
}
