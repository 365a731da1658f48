/**
 * Precision and recall of fail verdicts against labels.
 * @module
 */
import type { Verdict } from "../controls/control.ts";
import type { LabelVerdict } from "./labels.ts";

/** One labelled control, and what the auditor said of it. */
export interface Comparison {
  readonly framework: string;
  readonly application: string;
  readonly control: string;
  readonly label: LabelVerdict;
  readonly verdict: Verdict;
}

export interface Score {
  readonly labelled: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly reviews: number;
  /** 1 if nothing was said to fail. */
  readonly precision: number;
  /** 1 if nothing is labelled missing. */
  readonly recall: number;
}

/** What a person could not tell counts neither way. */
export function isCounted({ label }: Comparison): boolean {
  return label !== "cannot-tell";
}

export function score(comparisons: readonly Comparison[]): Score {
  const counted = comparisons.filter(isCounted);
  const count = (test: (comparison: Comparison) => boolean) => counted.filter(test).length;
  const truePositives = count(({ label, verdict }) => label === "missing" && verdict === "fail");
  const falsePositives = count(({ label, verdict }) => label !== "missing" && verdict === "fail");
  const falseNegatives = count(({ label, verdict }) => label === "missing" && verdict !== "fail");
  return {
    labelled: counted.length,
    truePositives,
    falsePositives,
    falseNegatives,
    reviews: count(({ verdict }) => verdict === "review"),
    precision: share(truePositives, falsePositives),
    recall: share(truePositives, falseNegatives),
  };
}

function share(hits: number, misses: number): number {
  return hits + misses === 0 ? 1 : hits / (hits + misses);
}

/** The same verdict for a control everywhere: what its labels are most often. */
export function majority(comparisons: readonly Comparison[]): Comparison[] {
  const counted = comparisons.filter(isCounted);
  return counted.map((comparison) => {
    const same = counted.filter(({ control }) => control === comparison.control);
    const missing = same.filter(({ label }) => label === "missing").length;
    return { ...comparison, verdict: missing * 2 > same.length ? "fail" : "pass" };
  });
}

/** Controls that have labels of both kinds: on others a constant answer is right. */
export function controlsWithBothClasses(comparisons: readonly Comparison[]): string[] {
  const counted = comparisons.filter(isCounted);
  return [...new Set(counted.map(({ control }) => control))].filter((control) => {
    const labels = counted.filter((comparison) => comparison.control === control);
    const missing = labels.filter(({ label }) => label === "missing").length;
    return missing > 0 && missing < labels.length;
  });
}
