/**
 * A clock that moves only when a test says so.
 * @module
 */

/** @see fakeClock */
export interface FakeClock {
  /** The current instant; needs no `this`, so it can be handed on as the option `now`. */
  now(): number;
  /** Moves the clock by so many seconds; fractions are fine. */
  advance(seconds: number): void;
}

const DAY_MS = 86_400_000;

/**
 * Where fake time begins: the coming midnight, UTC. A round number that reads well in a failure, and
 * still ahead, so that a store with native expiry does not find the samples long dead.
 */
export const sampleNow: number = Math.ceil(Date.now() / DAY_MS) * DAY_MS;

/** @param startAt The first instant. Defaults to {@link sampleNow}. */
export function fakeClock(startAt: number = sampleNow): FakeClock {
  let now = startAt;
  return {
    now: () => now,
    advance: (seconds) => {
      now += Math.round(seconds * 1000);
    },
  };
}
