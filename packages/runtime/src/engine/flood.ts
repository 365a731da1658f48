/**
 * Counts refusals of a kind, so that a flood of them is a handful of events.
 * @module
 */
import type { TokenRefusal } from "../events.ts";
import type { Emit } from "./emit.ts";

/** What a gate holds back, and how it tells of it. */
export interface GateRules<Refusal> {
  readonly now: () => number;
  /** After about this long, what was counted is reported. */
  readonly windowMs: number;
  /** Beyond this many kinds at once, further ones are counted together. */
  readonly maxCounters: number;
  /** The first of a kind, in full. */
  readonly first: (refusal: Refusal) => void;
  /** The further ones of a kind. */
  readonly further: (refusal: Refusal, count: number) => void;
}

/** A kind of refusal, and what stands for it. */
export interface RefusalKind<Refusal> {
  readonly key: string;
  readonly refusal: Refusal;
}

export interface RefusalGate<Refusal> {
  /**
   * @param pool The kind that it counts as where there are too many.
   * @returns Whether it was the first of its kind.
   */
  refused(kind: RefusalKind<Refusal>, pool: RefusalKind<Refusal>): boolean;
  /** Reports what was counted since. */
  flush(): void;
}

export function createRefusalGate<Refusal>(rules: GateRules<Refusal>): RefusalGate<Refusal> {
  const { now, windowMs, maxCounters, first, further } = rules;
  const counters = new Map<string, { since: number; extra: number; refusal: Refusal }>();
  let timer: NodeJS.Timeout | undefined;

  const flush = (before: number) => {
    for (const [key, { since, extra, refusal }] of counters) {
      if (since > before) continue;
      if (extra > 0) further(refusal, extra);
      counters.delete(key);
    }
    if (counters.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };

  return {
    refused(kind, pool) {
      const hasRoom = counters.has(kind.key) || counters.size < maxCounters;
      const { key, refusal } = hasRoom ? kind : pool;
      const counter = counters.get(key);
      if (counter !== undefined) {
        counter.extra++;
        return false;
      }
      counters.set(key, { since: now(), extra: 0, refusal });
      timer ??= setInterval(() => flush(now() - windowMs), windowMs).unref();
      first(kind.refusal);
      return true;
    },
    flush: () => flush(Number.POSITIVE_INFINITY),
  };
}

/** What a refused token is reported with. */
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

export function createFloodGate(now: () => number, emit: Emit): FloodGate {
  const gate = createRefusalGate<RefusedToken>({
    now,
    windowMs: 60_000,
    maxCounters: 4096,
    first: (refusal) => emit({ type: "token.refused", ...refusal, count: 1 }),
    further: ({ reason, address }, count) =>
      emit({ type: "token.refused", reason, address, count }),
  });
  return {
    refused(refusal) {
      const { reason, address, handle } = refusal;
      // An expired token is one of ours: each session's end is worth an event of its own.
      const key = `${reason} ${reason === "expired" ? handle : (address ?? "")}`;
      const pool = { key: reason, refusal: { reason, address: undefined } };
      return gate.refused({ key, refusal }, pool);
    },
    flush: gate.flush,
  };
}
