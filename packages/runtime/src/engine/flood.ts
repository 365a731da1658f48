/**
 * Counts refusals per reason and address, so that a flood of bad cookies is a handful of events.
 * @module
 */
import type { TokenRefusal } from "../events.ts";
import type { Emit } from "./emit.ts";

/** What a refusal is reported with. */
export interface RefusedToken {
  readonly reason: TokenRefusal;
  readonly address: string | undefined;
  readonly handle?: string | undefined;
  readonly note?: string | undefined;
}

export interface FloodGate {
  /** Reports the first refusal of a reason and address in full. @returns Whether this was one. */
  refused(refusal: RefusedToken): boolean;
  /** Reports what was counted since. */
  flush(): void;
}

const WINDOW_MS = 60_000;
// Beyond this many addresses at once, further ones are counted together.
const MAX_COUNTERS = 4096;

export function createFloodGate(now: () => number, emit: Emit): FloodGate {
  const counters = new Map<string, { since: number; extra: number; refusal: RefusedToken }>();
  let timer: NodeJS.Timeout | undefined;

  const report = ({ reason, address }: RefusedToken, count: number) =>
    emit({ type: "token.refused", reason, address, count });
  const flush = (before: number) => {
    for (const [key, { since, extra, refusal }] of counters) {
      if (since > before) continue;
      if (extra > 0) report(refusal, extra);
      counters.delete(key);
    }
    if (counters.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };

  return {
    refused(refusal) {
      const { reason, address, handle, note } = refusal;
      // An expired token is one of ours: each session's end is worth an event of its own.
      let key = `${reason} ${reason === "expired" ? handle : (address ?? "")}`;
      let counter = counters.get(key);
      if (counter === undefined && counters.size >= MAX_COUNTERS) {
        key = reason;
        counter = counters.get(key);
      }
      if (counter !== undefined) {
        counter.extra++;
        return false;
      }
      const pooled = key === reason ? { reason, address: undefined } : refusal;
      counters.set(key, { since: now(), extra: 0, refusal: pooled });
      timer ??= setInterval(() => flush(now() - WINDOW_MS), WINDOW_MS).unref();
      emit({ type: "token.refused", reason, address, handle, note, count: 1 });
      return true;
    },
    flush: () => flush(Number.POSITIVE_INFINITY),
  };
}
