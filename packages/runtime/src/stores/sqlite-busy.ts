/**
 * Waiting for a busy SQLite file without blocking the event loop. Knows no table and no statement.
 * @module
 */
import type { Awaitable } from "./store.ts";

const SQLITE_BUSY = 5;
const FIRST_DELAY_MS = 1;
const LONGEST_DELAY_MS = 50;
const GIVE_UP_MS = 2000;

/** Whether the error says that another connection holds the lock, in any of the clients' spellings. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  // Extended codes (SQLITE_BUSY_SNAPSHOT, 517) keep the primary one in their low byte.
  if (typeof errcode === "number") return (errcode & 0xff) === SQLITE_BUSY;
  return typeof code === "string" && /^SQLITE_BUSY(_|$)/.test(code);
}

/**
 * Runs a step at once, and again, later and later, while the file is busy. The step must have
 * changed nothing when it throws.
 *
 * @returns The step's value; a promise of it only if the file was busy.
 * @throws What the step throws; after about two seconds that is the client's own busy error.
 */
export function whenFree<T>(step: () => T): Awaitable<T> {
  try {
    return step();
  } catch (error) {
    if (!isBusy(error)) throw error;
    return retry(step);
  }
}

async function retry<T>(step: () => T): Promise<T> {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (let longest = FIRST_DELAY_MS; ; longest = Math.min(longest * 2, LONGEST_DELAY_MS)) {
    // Jitter: processes that met once would meet again and again.
    const waitMs = longest * (0.5 + Math.random());
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    try {
      return step();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
    }
  }
}
