/**
 * Slows the guessing of passwords: so many attempts for a name from an address, and for an address
 * altogether. Not by name alone, or anybody could lock a customer out.
 * @module
 */

export interface Attempts {
  /**
   * Counts an attempt before the password is checked, so that a thousand at once are counted too.
   *
   * @returns Seconds to wait; 0 if the attempt may go on.
   */
  begin(name: string, address: string): number;
  /** The password was right: forget what was counted for this name from here. */
  succeeded(name: string, address: string): void;
}

interface Count {
  attempts: number;
  readonly until: number;
}

const WINDOW_SECONDS = 900;
const PER_NAME = 10;
const PER_ADDRESS = 100;
/** Bounds the memory that made-up names can take. */
const MAX_COUNTS = 10_000;

export function createAttempts(now: () => number): Attempts {
  const counts = new Map<string, Count>();

  /** Seconds that are left of a full window, or 0. */
  const countOne = (key: string, limit: number): number => {
    let count = counts.get(key);
    if (count === undefined || count.until <= now()) {
      // Deleted first, so that the map stays in order of age and the oldest goes first.
      counts.delete(key);
      count = { attempts: 0, until: now() + WINDOW_SECONDS * 1000 };
      counts.set(key, count);
    }
    if (count.attempts >= limit) return Math.ceil((count.until - now()) / 1000);
    count.attempts++;
    return 0;
  };
  const nameKey = (name: string, address: string) => `${address} ${name}`;

  return {
    begin(name, address) {
      const [oldest] = counts.keys();
      if (counts.size >= MAX_COUNTS && oldest !== undefined) counts.delete(oldest);
      const wait = countOne(address, PER_ADDRESS);
      return wait > 0 ? wait : countOne(nameKey(name, address), PER_NAME);
    },
    succeeded: (name, address) => void counts.delete(nameKey(name, address)),
  };
}
