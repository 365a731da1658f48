/**
 * Reports refused sign-ins: the first in full, further ones of the same kind as a number some time
 * later, so that a flood of guesses is no flood of events.
 * @module
 */
import type { Emit, EventInput } from "../engine/emit.ts";
import type { ThrottledBy } from "./budgets.ts";

export interface RefusedSignIn {
  readonly by: ThrottledBy;
  readonly retryAfterSeconds: number;
  readonly account: string;
  readonly address: string | undefined;
}

export interface RefusalGate {
  /** @param account In its normalised spelling: many spellings of a name are one flood. */
  refused(refusal: RefusedSignIn, account: string): void;
  /** Reports what was counted since. */
  flush(): void;
}

// A budget stays spent for about as long. With the next number, about a thousand events in each.
const WINDOW_MS = 900_000;
// Beyond this many accounts and addresses at once, further ones are counted together.
const MAX_COUNTERS = 512;

interface Counter {
  readonly since: number;
  extra: number;
  readonly refusal: RefusedSignIn;
}

export function createRefusalGate(now: () => number, emit: Emit): RefusalGate {
  const counters = new Map<string, Counter>();
  let timer: NodeJS.Timeout | undefined;

  const report = (refusal: RefusedSignIn, count: number): void => {
    const event = { type: "sign-in.throttled", ...refusal, count } as const;
    emit(event satisfies EventInput);
  };
  const flush = (before: number): void => {
    for (const [key, { since, extra, refusal }] of counters) {
      if (since > before) continue;
      if (extra > 0) report(refusal, extra);
      counters.delete(key);
    }
    if (counters.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    refused(refusal, account) {
      const { by, address } = refusal;
      let key = JSON.stringify([by, by === "address" ? address : account]);
      if (!counters.has(key) && counters.size >= MAX_COUNTERS) key = by;
      const counter = counters.get(key);
      if (counter !== undefined) {
        counter.extra++;
        return;
      }
      const pooled = key === by ? { ...refusal, account: "", address: undefined } : refusal;
      counters.set(key, { since: now(), extra: 0, refusal: pooled });
      timer ??= setInterval(() => flush(now() - WINDOW_MS), WINDOW_MS).unref();
      report(refusal, 1);
    },
    flush: () => flush(Number.POSITIVE_INFINITY),
  };
}
