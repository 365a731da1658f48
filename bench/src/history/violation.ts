/**
 * What the parts of the history checker share: what a violation is, and histories in groups.
 * @module
 */
import type { Entry } from "./operation.ts";

export type Rule =
  /** A session was served although it had ended. */
  | "resurrection"
  /** A session was gone although nothing had ended it. */
  | "lost session"
  /** A replaced token was served after its rotation. */
  | "replaced token served"
  /** A request was served as somebody else. */
  | "wrong subject"
  /** A sign-in passed with a checkpoint older than a revocation that was over. */
  | "checkpoint passed"
  /** A request was refused for a reason that nobody gave. */
  | "refused without cause"
  /** A read saw a value that was certainly overwritten, or nothing where something was written. */
  | "stale read"
  /** A read saw a value that nobody wrote, or that was refused, or not yet asked for. */
  | "value from nowhere"
  /** A counter is lower than what was confirmed. */
  | "lost update"
  /** A counter is higher than there were updates. */
  | "duplicate apply";

/** Operations that cannot all have been answered as they were. */
export interface Violation {
  readonly rule: Rule;
  /** One sentence. */
  readonly explanation: string;
  /** The smallest part of the history that shows it, by start. */
  readonly entries: readonly Entry[];
}

/** Entries by a name that not all of them have. */
export function groupBy(
  entries: readonly Entry[],
  nameOf: (entry: Entry) => string | undefined,
): ReadonlyMap<string, readonly Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = nameOf(entry);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [entry]);
    else group.push(entry);
  }
  return groups;
}
