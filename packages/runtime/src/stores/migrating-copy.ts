/**
 * Moves every live session to another store in the background, page by page, beside live traffic.
 * @module
 */
import { SessionError } from "../errors.ts";
import {
  isDead,
  type Migration,
  PATIENCE,
  settled,
  tryMove,
  waitLonger,
} from "./migrating-move.ts";
import { isPending, type SessionRecord, type SessionStore, type StoredSession } from "./store.ts";

/** Options of {@link copySessions}. */
export interface CopySessionsOptions {
  /** `next` of the last page of a copy that was stopped. @default from the beginning */
  readonly cursor?: string | undefined;
  /** About how many sessions a page has: a whole number, 1 or more. @default 100 */
  readonly batch?: number | undefined;
  /** The current instant, in Unix epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** What became of the sessions of one page. */
export interface CopiedPage {
  /** Sessions that are in `to` now. */
  readonly moved: number;
  /** Records past a deadline: they stay, and serve nobody. */
  readonly skipped: number;
  /** Sessions that somebody else moved or ended meanwhile. */
  readonly gone: number;
  /** Sessions that were written faster than they could be moved. They are still in `from`: copy again. */
  readonly busy: number;
  /** Where to go on; `undefined` after the last page. */
  readonly next: string | undefined;
}

/** Moves of a page that are under way at once: what takes time is the network. */
const PARALLEL = 16;

/**
 * Moves all live sessions, a page for each step of the iteration; to stop, leave the loop. Any number of
 * copies may run at once.
 *
 * @throws {SessionError} `HOLDFAST_UNSUPPORTED` if `from` cannot be read through.
 * @example
 * for await (const page of copySessions(from, to, { cursor })) cursor = page.next;
 */
export function copySessions(
  from: SessionStore,
  to: SessionStore,
  options: CopySessionsOptions = {},
): AsyncGenerator<CopiedPage, void, undefined> {
  const { cursor, batch = 100, now = Date.now } = options;
  const migration = { from, to, now, patience: PATIENCE, wait: waitLonger };
  return copyPages(migration, cursor, batch);
}

/** As {@link copySessions}, over a migration whose patience the caller has chosen. */
export async function* copyPages(
  migration: Migration,
  beginning: string | undefined,
  batch: number,
): AsyncGenerator<CopiedPage, void, undefined> {
  const { from } = migration;
  if (from.scan === undefined) {
    throw new SessionError(
      "HOLDFAST_UNSUPPORTED",
      `The store to copy from (${from.name}) has no "scan"; let its sessions move as they are used, and wait until the last one has expired`,
      { store: from.name },
    );
  }
  let cursor = beginning;
  do {
    const { sessions, next } = await from.scan(cursor, batch);
    const counts = { moved: 0, skipped: 0, gone: 0, busy: 0 };
    const left = [...sessions].reverse();
    const work = async () => {
      for (let session = left.pop(); session !== undefined; session = left.pop()) {
        const became = await copySession(migration, session);
        counts[became] += 1; // Not in one expression: it would read the count before it waits.
      }
    };
    await allOf(Array.from({ length: Math.min(PARALLEL, sessions.length) }, work));
    yield { ...counts, next };
    cursor = next;
  } while (cursor !== undefined);
}

/** Rejects only when nothing is under way any more: a page that failed may be copied again at once. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function copySession(
  migration: Migration,
  { key, record: scanned }: StoredSession,
): Promise<"moved" | "skipped" | "gone" | "busy"> {
  if (isPending(scanned)) return "skipped"; // Of an earlier migration.
  let record: SessionRecord | undefined = scanned;
  for (let attempt = 0; ; attempt += 1) {
    if (record === undefined) return "gone";
    if (isDead(record, migration.now())) return "skipped";
    const { outcome } = await tryMove(migration, key, record);
    if (outcome === "moved") return "moved";
    if (outcome !== "again") return "gone";
    if (attempt >= migration.patience) return "busy";
    record = settled(await migration.from.get(key));
  }
}
