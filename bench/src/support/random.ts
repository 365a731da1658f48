/**
 * Random numbers that a seed repeats, for timings and orders. Not for anything secret.
 * @module
 */

/** A repeatable source of numbers from 0 up to, and without, 1. */
export type Random = () => number;

/** @param seed A whole number; the same one gives the same numbers. */
export function seededRandom(seed: number): Random {
  // Mulberry32: enough for shuffling requests about, in five lines.
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
