/**
 * What every proof answers: whether it holds, and the figures it rests on.
 * @module
 */

export interface Proof {
  /** What is claimed, in one sentence. */
  readonly claim: string;
  readonly holds: boolean;
  /** Why not, one line per case; empty if it holds. */
  readonly faults: readonly string[];
  readonly figures: Readonly<Record<string, number | string>>;
}

export function proofOf(
  claim: string,
  faults: readonly string[],
  figures: Proof["figures"],
): Proof {
  return { claim, holds: faults.length === 0, faults, figures };
}

export function proofText({ claim, holds, faults, figures }: Proof): string {
  const lines = Object.entries(figures).map(([name, value]) => `  ${name}: ${value}`);
  const reasons = faults.map((fault) => `  FAULT: ${fault}`);
  return [`${holds ? "holds" : "FAILS"}: ${claim}`, ...lines, ...reasons].join("\n");
}
