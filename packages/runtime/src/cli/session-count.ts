/**
 * Counts stored sessions by the key that their boxes are under. Opens no box.
 * @module
 */
import { boxKeyNumber } from "../crypto/box.ts";
import { isPending, type SessionStore } from "../stores/store.ts";
import type { CommandIo } from "./command.ts";

/** Sessions under one key. */
export interface KeyCount {
  readonly number: number;
  /** Sessions with a box of either kind under the key. */
  readonly sessions: number;
  readonly data: number;
  readonly meta: number;
}

/** What a store holds. */
export interface SessionCount {
  /** Live sessions looked at. */
  readonly total: number;
  /** By key number; no row for a number that no session is under. */
  readonly keys: readonly KeyCount[];
}

const PAGE_SESSIONS = 500;
const PROGRESS_EVERY_MS = 1000;

/** @param store One that has `scan`; live traffic beside it does not matter. */
export async function countSessions(
  store: SessionStore & Required<Pick<SessionStore, "scan">>,
  io: CommandIo,
): Promise<SessionCount> {
  const counts = Array.from({ length: 16 }, () => ({ sessions: 0, data: 0, meta: 0 }));
  let total = 0;
  let toldAt = io.now();
  let cursor: string | undefined;
  do {
    const page = await store.scan(cursor, PAGE_SESSIONS);
    const now = io.now();
    for (const { record } of page.sessions) {
      const isDead = record.idleExpiresAt <= now || record.absoluteExpiresAt <= now;
      if (isDead || isPending(record)) continue;
      total += 1;
      const [data, meta] = [boxKeyNumber(record.data), boxKeyNumber(record.meta)];
      for (const number of new Set([data, meta])) {
        const count = counts[number];
        if (count === undefined) continue;
        count.sessions += 1;
        if (data === number) count.data += 1;
        if (meta === number) count.meta += 1;
      }
    }
    if (now - toldAt >= PROGRESS_EVERY_MS) {
      toldAt = now;
      io.err(`${total} sessions so far\n`);
    }
    cursor = page.next;
  } while (cursor !== undefined);
  const keys = counts
    .map((count, number) => ({ number, ...count }))
    .filter(({ sessions }) => sessions > 0);
  return { total, keys };
}
