/**
 * What a history is made of: one line per request, with when it began, when it was answered, and what
 * came of it.
 * @module
 */

export type Kind =
  | "get"
  | "set"
  | "update"
  | "rotate"
  | "sign-out"
  | "sign-in"
  | "checkpoint"
  | "revoke-all";

/** The key that `update` counts up; every other key is written by `set` alone. */
export const COUNTER = "count";

/** What a request was to do. */
export interface Operation {
  /** Its number in the history. */
  readonly id: number;
  readonly kind: Kind;
  /** The account. */
  readonly subject: string;
  /** The session that the request presented; of a `sign-in` the one that it replaces, if any. */
  readonly session?: string;
  /** Which of that session's tokens it presented: 0 is the first. */
  readonly token?: number;
  /** Of `get` and `set`; {@link COUNTER} for the counter. */
  readonly key?: string;
  /** Of `set`: no other one in the history has the same. */
  readonly value?: number;
  /** Of `sign-in`: number of the `checkpoint` operation whose answer it hands in. */
  readonly checkpoint?: number;
  /** Of `sign-in`: the name that the session gets if it is made. */
  readonly makes?: string;
}

/**
 * `ok`: served, and done. `refused`: certainly not done. `unknown`: the store failed or was too late, so
 * that it may have been done, or may yet be.
 */
export type Outcome =
  | {
      readonly outcome: "ok";
      /** Whom the request was served as; absent where it presents no session. */
      readonly as?: string;
      /** Of `get` what was read, of `update` the value it wrote; `null` is none. */
      readonly value?: number | null;
    }
  | { readonly outcome: "refused"; readonly reason: Refusal }
  | { readonly outcome: "unknown"; readonly cause: string };

/**
 * `gone`: the request was served as nobody, or its write was dropped because the session was no longer
 * there. `superseded`: its token was replaced. `revoked-meanwhile`: its checkpoint was.
 */
export type Refusal = "gone" | "superseded" | "revoked-meanwhile";

/** Instants of one monotonic clock for all processes of the machine, in nanoseconds. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A line of the history. */
export type Entry = Operation & Span & { readonly result: Outcome };

/** @see Span */
export function instant(): number {
  // CLOCK_MONOTONIC: below 2^53 for the first hundred days of a machine.
  return Number(process.hrtime.bigint());
}
