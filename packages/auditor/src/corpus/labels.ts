/**
 * Hand-labelled verdicts of public applications, as a file of one JSON object a line.
 * @module
 */
import { readFileSync } from "node:fs";

export type LabelVerdict = "met" | "missing" | "not-applicable" | "cannot-tell";

export interface Label {
  readonly control: string;
  readonly verdict: LabelVerdict;
  readonly note?: string;
  readonly value?: unknown;
}

export interface LabelledApplication {
  /** `owner/name`. */
  readonly repo: string;
  readonly commit: string;
  /** Folder that was judged; absent for the whole repository. */
  readonly root?: string;
  readonly framework: string;
  readonly labels: readonly Label[];
}

export function readLabels(file: string): LabelledApplication[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as LabelledApplication);
}
