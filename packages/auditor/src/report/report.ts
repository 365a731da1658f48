/**
 * The report's format: versioned, and all that renderers know. A field is added in a minor version; one is
 * removed or changes its meaning in a major one.
 * @module
 */
import type { Confidence, Fix, Severity, Threat, Verdict } from "../controls/control.ts";
import type { Origin } from "../evidence.ts";

export type { Confidence, Fix, Origin, Severity, Threat, Verdict };

export const REPORT_VERSION = "1.0";

export interface ReportFinding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The effective value, or what was seen. Never a secret. */
  readonly value: string;
  /** Where the value comes from, in words: `default of symfony/framework-bundle 6.4.3, since nothing sets it`. */
  readonly origin: string;
  readonly message: string;
  readonly fix?: Fix;
  /** Stable over changes of other lines: what a baseline and SARIF know it by. */
  readonly fingerprint: string;
  /** It is in the baseline, or accepted. */
  readonly status?: "new" | "known" | "accepted";
  /** Of an accepted risk. */
  readonly acceptance?: { readonly reason: string; readonly owner: string; readonly until: string };
}

export interface ReportControl {
  readonly id: string;
  /** What is asked, as a statement that holds. */
  readonly title: string;
  /** The same for when it does not hold. */
  readonly failureTitle: string;
  readonly verdict: Verdict;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly summary: string;
  readonly covers: readonly string[];
  readonly asvs: readonly string[];
  readonly wstg: readonly string[];
  readonly cwe: readonly number[];
  readonly threats: readonly Threat[];
  readonly verification: string;
  readonly effort: "minutes" | "hours" | "days";
  readonly findings: readonly ReportFinding[];
}

export interface ReportApplication {
  readonly root: string;
  readonly framework: "symfony" | "phalcon" | "node";
  /** The session library, as fixes speak of it. */
  readonly stack: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Environment that the verdicts hold for. */
  readonly environment: "production";
  /** Whether it keeps sessions at all; if not, every control is not applicable. */
  readonly keepsSessions: boolean;
  /** Some files were judged by what each shows alone; there is nothing to say of the application. */
  readonly isFilesOnly?: true;
  /** Each way in which sessions are kept: the library and where it is set up. */
  readonly sessions: readonly {
    readonly library: string;
    readonly file: string;
    readonly line: number;
  }[];
  readonly controls: readonly ReportControl[];
  readonly analysis: Analysis;
}

/** The review in prose, made from evidence alone. Paragraphs are plain text. */
export interface Analysis {
  readonly objective: string;
  readonly scope: { readonly covered: readonly string[]; readonly notCovered: readonly string[] };
  readonly methodology: readonly string[];
  /** The strategy point by point: what is in effect, and where it comes from. */
  readonly strategy: readonly {
    readonly point: string;
    readonly text: string;
    readonly controls: readonly string[];
  }[];
  readonly threats: readonly ThreatAnalysis[];
  readonly gaps: readonly { readonly control: string; readonly text: string }[];
  readonly recommendations: readonly Recommendation[];
  readonly conclusion: string;
}

export interface ThreatAnalysis {
  readonly threat: Threat;
  readonly title: string;
  /** How the attack goes, in this application. */
  readonly attack: string;
  /** Controls that stand against it and hold. */
  readonly against: readonly string[];
  /** Controls that should and do not. */
  readonly missing: readonly string[];
  /** What is left. */
  readonly residual: string;
}

export interface Recommendation {
  readonly control: string;
  readonly severity: Severity;
  readonly effort: "minutes" | "hours" | "days";
  readonly text: string;
  readonly effect: string;
  readonly fix?: Fix;
  readonly verification: string;
}

export interface Report {
  readonly version: typeof REPORT_VERSION;
  readonly tool: { readonly name: "@holdfast/auditor"; readonly version: string };
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  /** Why findings elsewhere are left out, if they are: `only the 3 files that changed since main`. */
  readonly restriction?: string;
  readonly applications: readonly ReportApplication[];
  /** What is there and not supported. */
  readonly unsupported: readonly string[];
  readonly unread: readonly { readonly file: string; readonly why: string }[];
  readonly counts: {
    readonly files: number;
    readonly pass: number;
    readonly fail: number;
    readonly review: number;
    readonly notApplicable: number;
  };
}
