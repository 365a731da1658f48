/**
 * What a control is: one requirement of secure session management, judged on evidence alone.
 * @module
 */
import type { Evidence, Origin, Place } from "../evidence.ts";

export type Severity = "info" | "low" | "medium" | "high" | "critical";
export type Confidence = "low" | "medium" | "high";
export type Verdict = "pass" | "fail" | "review" | "not-applicable";

/** One reason for a verdict, at one place. */
export interface Finding {
  readonly place: Place;
  /** What is in effect there: `"never"`, `"3600 seconds"`. Never a secret. */
  readonly value: string;
  readonly origin: Origin;
  /** What follows from it, in one sentence. */
  readonly message: string;
  readonly fix?: Fix;
}

/** A change in the application's own terms. */
export interface Fix {
  /** What to do, in one sentence. */
  readonly text: string;
  /** The lines to write, as they belong into `file`. */
  readonly code?: string;
  /** Where they belong. */
  readonly file?: string;
  /** The same as a replacement that is safe to make mechanically. */
  readonly edit?: {
    readonly file: string;
    readonly start: number;
    readonly end: number;
    readonly text: string;
  };
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly confidence: Confidence;
  /** Only where this case is worse or milder than the control's own severity. */
  readonly severity?: Severity;
  /** Why, in one sentence: for `pass` what stands there, for `not-applicable` why it does not apply. */
  readonly summary: string;
  /** At least one for `fail` and `review`; for `pass` what was seen, where there is a place for it. */
  readonly findings: readonly Finding[];
}

/** What stands between an attacker and the session. */
export type Threat =
  | "hijacking"
  | "fixation"
  | "cross-site-request-forgery"
  | "man-in-the-middle"
  | "replay-after-sign-out"
  | "theft-from-the-store"
  | "guessing"
  | "undetected-abuse";

export interface Control {
  /** A noun; folder, file, docs page and SARIF rule have this name too. */
  readonly id: string;
  readonly title: string;
  /** Title for when it fails. */
  readonly failureTitle: string;
  /** Severity of a failure. */
  readonly severity: Severity;
  /** The numbers of the control catalogue that it covers. */
  readonly covers: readonly `SM-${number}`[];
  readonly asvs: readonly string[];
  readonly wstg: readonly string[];
  readonly cwe: readonly number[];
  readonly threats: readonly Threat[];
  /** How a person or a test sees on the running site that it holds, in one or two sentences. */
  readonly verification: string;
  /** What the change costs. */
  readonly effort: "minutes" | "hours" | "days";
  judge(evidence: Evidence): Judgement;
}
