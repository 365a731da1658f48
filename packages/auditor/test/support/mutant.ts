/**
 * One thing that is broken in a sound application, and what has to be said of it.
 * @module
 */

export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly fixture: string;
  /** The control that has to fail. */
  readonly control: string;
  readonly what: string;
  /** `fail`, or `review` where only a person can weigh it. */
  readonly verdict: "fail" | "review";
  readonly edits: readonly Edit[];
}

/** What a person has to weigh: SameSite keeps other sites' requests out, and not those of sibling hosts. */
export function weighed(of: Mutant): Mutant {
  return { ...of, verdict: "review" };
}

export function mutant(
  fixture: string,
  control: string,
  what: string,
  ...edits: readonly (readonly [file: string, from: string, to: string])[]
): Mutant {
  return {
    fixture,
    control,
    what,
    verdict: "fail",
    edits: edits.map(([file, from, to]) => ({ file, from, to })),
  };
}
