/**
 * Makes the versioned report of what an audit found. Judges nothing: it words, names and counts.
 * @module
 */
import type { AuditResult } from "../audit.ts";
import type { Control, Judgement } from "../controls/control.ts";
import type { Evidence } from "../evidence.ts";
import { analyse } from "./analysis.ts";
import { type Fingerprinted, fingerprintsOf } from "./fingerprint.ts";
import {
  REPORT_VERSION,
  type Report,
  type ReportApplication,
  type ReportControl,
  type ReportFinding,
} from "./report.ts";
import { originText } from "./wording.ts";

export interface BuildOptions {
  /** The current instant. */
  readonly now: Date;
  readonly toolVersion: string;
}

/** One control and what it came to. */
export interface Judged {
  readonly control: Control;
  readonly judgement: Judgement;
}

export function buildReport(result: AuditResult, { now, toolVersion }: BuildOptions): Report {
  const applications = withFingerprints(
    result.applications.map(({ evidence, judgements }) =>
      reportOf(evidence, judgements, result.files),
    ),
  );
  const unread = [
    ...result.unread,
    ...result.applications.flatMap(({ evidence }) => evidence.unread),
  ];
  return {
    version: REPORT_VERSION,
    tool: { name: "@holdfast/auditor", version: toolVersion },
    createdAt: now.toISOString(),
    applications,
    unsupported: unique([
      ...result.unsupported,
      ...result.applications.flatMap(({ evidence }) => evidence.unsupported),
    ]),
    unread: [...new Map(unread.map((each) => [`${each.file}\0${each.why}`, each])).values()].map(
      ({ file, why }) => ({ file, why }),
    ),
    counts: countsOf(applications, result.files),
  };
}

/** Recounted whenever controls are left out. */
export function countsOf(
  applications: readonly ReportApplication[],
  files: number,
): Report["counts"] {
  const count = (verdict: ReportControl["verdict"]) =>
    applications
      .flatMap(({ controls }) => controls)
      .filter((control) => control.verdict === verdict).length;
  return {
    files,
    pass: count("pass"),
    fail: count("fail"),
    review: count("review"),
    notApplicable: count("not-applicable"),
  };
}

function reportOf(
  evidence: Evidence,
  judgements: readonly Judged[],
  files: number,
): ReportApplication {
  return {
    root: evidence.root,
    framework: evidence.framework,
    stack: evidence.stack,
    versions: evidence.versions,
    environment: "production",
    keepsSessions: evidence.sessions.length > 0,
    ...(evidence.isFilesOnly === true ? { isFilesOnly: true } : {}),
    sessions: evidence.sessions.map(({ library, place: { file, line } }) => ({
      library,
      file,
      line,
    })),
    controls: judgements.map(controlOf),
    analysis: analyse(evidence, judgements, files),
  };
}

function controlOf({ control, judgement }: Judged): ReportControl {
  const { id, title, failureTitle, covers, asvs, wstg, cwe, threats, verification, effort } =
    control;
  return {
    id,
    title,
    failureTitle,
    verdict: judgement.verdict,
    severity: judgement.severity ?? control.severity,
    confidence: judgement.confidence,
    summary: judgement.summary,
    covers,
    asvs,
    wstg,
    cwe,
    threats,
    verification,
    effort,
    findings: judgement.findings.map(({ place, value, origin, message, fix }) => ({
      file: place.file,
      line: place.line,
      column: place.column,
      value,
      origin: originText(origin, place),
      message,
      ...(fix === undefined ? {} : { fix }),
      fingerprint: "",
    })),
  };
}

/** Fingerprints count equal findings over the whole report: two applications may share a file. */
function withFingerprints(applications: readonly ReportApplication[]): ReportApplication[] {
  const all: Fingerprinted[] = applications.flatMap(({ controls }) =>
    controls.flatMap(({ id, findings }) =>
      findings.map((finding) => ({ ...finding, control: id })),
    ),
  );
  const fingerprints = fingerprintsOf(all).values();
  const named = (finding: ReportFinding): ReportFinding => ({
    ...finding,
    fingerprint: fingerprints.next().value ?? "",
  });
  return applications.map((application) => ({
    ...application,
    controls: application.controls.map((control) => ({
      ...control,
      findings: control.findings.map(named),
    })),
  }));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
