/**
 * The history checker: compares what was answered with what the specification allows. Pure; knows no
 * store. Whatever an `unknown` operation may have done is allowed, and nothing more.
 * @module
 */
import { checkCounter } from "./check-counter.ts";
import { checkEndings } from "./check-endings.ts";
import { checkRegister } from "./check-register.ts";
import { COUNTER, type Entry } from "./operation.ts";
import { groupBy, type Violation } from "./violation.ts";

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
