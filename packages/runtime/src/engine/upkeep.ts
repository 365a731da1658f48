/**
 * Background work: dead records are swept in small, time-boxed batches, and the store's clock is compared with ours.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { SessionError } from "../errors.ts";
import type { Core } from "./core.ts";

export interface Sweeper {
  /** Sweeps until the end. @returns How many sessions were removed. */
  sweep(): Promise<number>;
  stop(): void;
}

const SWEEP_EVERY_MS = 60_000;
const FIRST_BATCH = 25;
const MAX_BATCH = 1000;
/** A batch over a synchronous driver holds the event loop for as long as it takes. */
const BATCH_MS = 4;
const PAUSE_MS = 5;

export function startSweeper(core: Core): Sweeper {
  const { store, sweep: isOn } = core.options;
  let stopped = false;
  let running: Promise<number> | undefined;

  const run = async (): Promise<number> => {
    let total = 0;
    let limit = FIRST_BATCH;
    for (;;) {
      const startedAt = performance.now();
      const { removed, done } = await core.store.run("sweep", (raw) =>
        raw.sweep(core.now(), limit),
      );
      total += removed;
      if (done || stopped) return total;
      const tookMs = performance.now() - startedAt;
      limit = tookMs > BATCH_MS ? Math.max(10, limit >> 1) : Math.min(MAX_BATCH, limit + 10);
      await delay(PAUSE_MS);
    }
  };
  const sweep = () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
  // Spread over the interval, so that many processes do not sweep at the same moment.
  const everyMs = SWEEP_EVERY_MS * (0.75 + Math.random() / 2);
  const timer =
    isOn && !store.traits.nativeExpiry
      ? setInterval(() => {
          sweep().catch(() => {}); // Reported as `store.unavailable`; the next interval tries again.
        }, everyMs).unref()
      : undefined;

  return {
    sweep,
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}

/** What of the store's set-up breaks its promises goes into the audit trail. */
export function watchStore({ store: { raw }, emit }: Core): void {
  raw.watch?.((problem) => emit({ type: "store.misconfigured", store: raw.name, ...problem }));
}

/** A clock that differs from the store's makes deadlines differ between processes. */
export function checkClock({ store, now, emit, options }: Core): void {
  const { raw } = store;
  if (raw.clock === undefined) return;
  const check = async () => {
    const theirs = await store.run("clock", async () => (await raw.clock?.()) ?? now());
    const skewSeconds = Math.abs(theirs - now()) / 1000;
    if (skewSeconds > options.policy.clockSkewSeconds) {
      emit({ type: "clock.skewed", store: raw.name, skewSeconds });
    }
  };
  check().catch((cause: unknown) => {
    if (!(cause instanceof SessionError)) throw cause; // A store that is away was reported already.
  });
}
