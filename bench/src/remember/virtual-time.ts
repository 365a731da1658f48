/**
 * Virtual time for thousands of users at once: whoever sleeps is woken in order, and those who wake at the same
 * moment run side by side, so that their store operations meet.
 * @module
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { MinHeap } from "../support/min-heap.ts";

/** Moments are this far apart: what happens within one is simultaneous. */
const MOMENT_MS = 50;
const STARTS_AT = 1_800_000_000_000;

export class VirtualTime {
  #now = STARTS_AT;
  /** Requests that are being answered. Time stands still until they are. */
  #underWay = 0;
  readonly #moments = new Map<number, (() => void)[]>();
  /** The keys of `#moments`, the earliest first. */
  readonly #due = new MinHeap<number>((at) => at);

  /** Needs no `this`, so that it can be handed on as the option `now`. */
  readonly now = (): number => this.#now;

  get seconds(): number {
    return (this.#now - STARTS_AT) / 1000;
  }

  sleep(seconds: number): Promise<void> {
    const ms = Math.max(0, seconds * 1000);
    const at = Math.floor((this.#now + ms) / MOMENT_MS + 1) * MOMENT_MS;
    return new Promise((resolve) => {
      const sleepers = this.#moments.get(at);
      if (sleepers !== undefined) {
        sleepers.push(resolve);
        return;
      }
      this.#moments.set(at, [resolve]);
      this.#due.push(at);
    });
  }

  /** Time does not move while this is under way. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work();
    } finally {
      this.#underWay--;
    }
  }

  /** Runs until nobody sleeps any more. @param each Called whenever so many seconds have passed. */
  async run(everySeconds: number, each: () => void): Promise<void> {
    let due = this.#now;
    for (;;) {
      do await nextTurn();
      while (this.#underWay > 0);
      const at = this.#due.pop();
      if (at === undefined) return;
      this.#now = at;
      if (at >= due) {
        each();
        due = at + everySeconds * 1000;
      }
      const sleepers = this.#moments.get(at) ?? [];
      this.#moments.delete(at);
      for (const wake of sleepers) wake();
    }
  }
}
