/**
 * The history checker: compares what was answered with what the specification allows. Pure; knows no
 * store. Whatever an `unknown` operation may have done is allowed, and nothing more.
 * @module
 */
import { checkCounter } from "./check-counter.ts";
import { checkEndings } from "./check-endings.ts";
import { checkRegister } from "./check-register.ts";
import { COUNTER, type Entry } from "./operation.ts";

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

/**
 * @param history Every operation on the sessions that occur in it, in any order: one that is missing
 *   would look like a fault.
 */
export function checkHistory(history: readonly Entry[]): readonly Violation[] {
  const violations = [...checkEndings(history)];
  for (const session of groupBy(history, ({ session: name }) => name).values()) {
    violations.push(...checkCounter(session));
    const keyed = session.filter(({ key }) => key !== undefined && key !== COUNTER);
    for (const register of groupBy(keyed, ({ key }) => key).values()) {
      violations.push(...checkRegister(register));
    }
  }
  return violations.map((violation) => ({
    ...violation,
    entries: violation.entries.toSorted((left, right) => left.start - right.start),
  }));
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
