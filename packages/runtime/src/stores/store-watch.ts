/**
 * Looking at a server's set-up until it could be looked at once, for stores whose clients do not say when
 * they are connected.
 * @module
 */
import type { StoreProblem } from "./store.ts";

export interface StoreWatch {
  start(report: (problem: StoreProblem) => void): void;
  /** Looks now, if that is still to be done. */
  retry(): void;
}

/**
 * @param look Finds what is wrong; rejects with the client's error.
 * @param problemOf What an error says of the set-up; `undefined` for a server that is away.
 */
export function watchOnce(
  look: () => Promise<readonly StoreProblem[]>,
  problemOf: (error: unknown) => StoreProblem | undefined,
): StoreWatch {
  let toReport: ((problem: StoreProblem) => void) | undefined;

  function retry(): void {
    const report = toReport;
    if (report === undefined) return;
    toReport = undefined;
    look().then(
      (problems) => {
        for (const problem of problems) report(problem);
      },
      (error: unknown) => {
        const problem = problemOf(error);
        if (problem !== undefined) report(problem);
        // A server that is away is `store.unavailable` at the first request; the next sweep looks again.
        else toReport = report;
      },
    );
  }

  return {
    start(report) {
      toReport = report;
      retry();
    },
    retry,
  };
}
