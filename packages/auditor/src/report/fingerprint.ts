/**
 * Names a finding so that it is known again after other lines moved, or a package was updated.
 * @module
 */
import { createHash } from "node:crypto";

/** What a finding is known by. */
export interface Fingerprinted {
  readonly control: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly value: string;
  readonly message: string;
}

/** 128 bits: findings are not chosen by an adversary who gains by a collision. */
const HEX_DIGITS = 32;

/**
 * @param findings All of one report: equal ones are told apart by their order in the file.
 * @returns One fingerprint for each, in the same order.
 */
export function fingerprintsOf(findings: readonly Fingerprinted[]): string[] {
  const order = findings
    .map((finding, index) => ({ ...finding, index }))
    .sort((left, right) => left.line - right.line || left.column - right.column);
  const seen = new Map<string, number>();
  const fingerprints: string[] = [];
  for (const { index, control, file, value, message } of order) {
    const key = [control, file, normalised(value), normalised(message)].join("\0");
    const occurrence = seen.get(key) ?? 0;
    seen.set(key, occurrence + 1);
    const hash = createHash("sha256").update(`${key}\0${occurrence}`).digest("hex");
    fingerprints[index] = hash.slice(0, HEX_DIGITS);
  }
  return fingerprints;
}

/** Without what changes while the finding stays: line numbers in `file:12:3` and `line 12`, and versions. */
function normalised(text: string): string {
  return text
    .replace(/:\d+(:\d+)?\b/g, "")
    .replace(/\blines? \d+/gi, "line")
    .replace(/\b\d+(\.\d+)+\S*/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
