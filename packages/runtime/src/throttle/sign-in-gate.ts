/**
 * Reports refused sign-ins: the first in full, further ones of the same kind as a number some time
 * later, so that a flood of guesses is no flood of events.
 * @module
 */
import type { Emit, EventInput } from "../engine/emit.ts";
import { createRefusalGate } from "../engine/flood.ts";
import type { ThrottledBy } from "./budgets.ts";

export interface RefusedSignIn {
  readonly by: ThrottledBy;
  readonly retryAfterSeconds: number;
  readonly account: string;
  readonly address: string | undefined;
}

export interface SignInGate {
  /** @param account In its normalised spelling: many spellings of a name are one flood. */
  refused(refusal: RefusedSignIn, account: string): void;
  /** Reports what was counted since. */
  flush(): void;
}

// A budget stays spent for about as long. With the next number, about a thousand events in each.
const WINDOW_MS = 900_000;
// Beyond this many accounts and addresses at once, further ones are counted together.
const MAX_COUNTERS = 512;

export function createSignInGate(now: () => number, emit: Emit): SignInGate {
  const report = (refusal: RefusedSignIn, count: number): void => {
    const event = { type: "sign-in.throttled", ...refusal, count } as const;
    emit(event satisfies EventInput);
  };
  const gate = createRefusalGate<RefusedSignIn>({
    now,
    windowMs: WINDOW_MS,
    maxCounters: MAX_COUNTERS,
    first: (refusal) => report(refusal, 1),
    further: report,
  });
  return {
    refused(refusal, account) {
      const { by, address } = refusal;
      const key = JSON.stringify([by, by === "address" ? address : account]);
      const pooled = { ...refusal, account: "", address: undefined };
      gate.refused({ key, refusal }, { key: by, refusal: pooled });
    },
    flush: gate.flush,
  };
}
