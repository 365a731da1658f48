/**
 * A day in a minute: replaces the process's clock and timers by ones that stand still until told. For what
 * reads the clock by itself, as rate-limiter-flexible does.
 * @module
 */
import { MinHeap } from "../support/min-heap.ts";

export interface VirtualTime {
  now(): number;
  /** Runs what falls due until then, in order, with all that follows from it. */
  advanceTo(instant: number): Promise<void>;
  /** Lets everything happen that waits for no timer. */
  settle(): Promise<void>;
  /** Gives the process its own clock and timers back. */
  end(): void;
}

/** What a timer of Node's is asked for here. */
class VirtualTimer {
  dueAt: number;
  readonly run: () => void;
  readonly everyMs: number | undefined;
  isCleared = false;

  constructor(dueAt: number, run: () => void, everyMs: number | undefined) {
    this.dueAt = dueAt;
    this.run = run;
    this.everyMs = everyMs;
  }

  unref(): this {
    return this;
  }
}

/** Only one at a time. */
export function beginVirtualTime(startAt: number): VirtualTime {
  const real = {
    now: Date.now,
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
  };
  let now = startAt;
  const timers = new MinHeap<VirtualTimer>(({ dueAt }) => dueAt);
  /** The earliest timer that is due by then. Most of a million are cleared before. */
  const popDue = (instant: number): VirtualTimer | undefined => {
    for (;;) {
      const { first } = timers;
      if (first === undefined || first.dueAt > instant) return undefined;
      timers.pop();
      if (!first.isCleared) return first;
    }
  };

  const begin = (run: () => void, milliseconds: number, isRepeated: boolean): VirtualTimer => {
    const timer = new VirtualTimer(now + milliseconds, run, isRepeated ? milliseconds : undefined);
    timers.push(timer);
    return timer;
  };
  const clear = (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timer.isCleared = true;
  };
  Date.now = () => now;
  Object.assign(globalThis, {
    setTimeout: (run: (...values: unknown[]) => void, milliseconds = 0, ...values: unknown[]) =>
      begin(() => run(...values), milliseconds, false),
    setInterval: (run: () => void, milliseconds = 0) => begin(run, milliseconds, true),
    clearTimeout: clear,
    clearInterval: clear,
  });

  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    settle,
    async advanceTo(instant) {
      for (;;) {
        const timer = popDue(instant);
        if (timer === undefined) break;
        now = Math.max(now, timer.dueAt);
        timer.run();
        if (timer.everyMs !== undefined) {
          timer.dueAt = now + timer.everyMs;
          timers.push(timer);
        }
        await settle();
      }
      now = Math.max(now, instant);
    },
    end() {
      const { now: dateNow, ...functions } = real;
      Date.now = dateNow;
      Object.assign(globalThis, functions);
    },
  };
}
