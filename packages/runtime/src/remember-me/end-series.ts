/**
 * Ends a series and every session that came from it. The series goes first: it could begin a session anew.
 * @module
 */
import type { Core } from "../engine/core.ts";
import { subjectSessions } from "../engine/subject.ts";
import { swapRecord } from "../engine/swap.ts";
import type { RevocationReason } from "../events.ts";
import type { SessionRecord, StoreKey } from "../stores/store.ts";
import { isPending, recordFlags } from "../stores/store.ts";
import {
  isSeriesRecord,
  type Remembering,
  type SeriesMeta,
  type SeriesSession,
  seriesMetaOf,
} from "./series.ts";

/** Why a series ends, for the audit trail. */
export interface SeriesEnding {
  readonly reason: RevocationReason;
  readonly by?: string | undefined;
  readonly address?: string | undefined;
  /** Store key of a session that goes on, or that the caller ends itself. */
  readonly keep?: StoreKey | undefined;
}

/** @returns How many sessions were ended with it. */
export async function endSeries(
  { core }: Remembering,
  key: StoreKey,
  { reason, by, address, keep }: SeriesEnding,
): Promise<number> {
  for (;;) {
    const record = await core.store.run("get", (store) => store.get(key));
    if (record === undefined || isPending(record) || !isSeriesRecord(record)) return 0;
    const { version, idleExpiresAt, handle } = record;
    const only = { version, idleExpiresAt };
    // In this state alone: a session that comes from the series meanwhile must be known to end, too.
    if (!(await core.store.run("delete", (store) => store.delete(key, only)))) continue;
    const meta = seriesMetaOf(core, key, record);
    const { subject } = meta ?? {};
    core.emit({ type: "device.forgotten", handle, reason, by, subject, address });
    return endSessions(core, meta?.sessions ?? [], subject, { reason, by, address, keep });
  }
}

/** @returns How many there were. */
export async function endSessions(
  core: Core,
  sessions: readonly SeriesSession[],
  subject: string | undefined,
  { reason, by, address, keep }: SeriesEnding,
): Promise<number> {
  let count = 0;
  for (const { key, handle } of sessions) {
    if (key === keep) continue;
    if (!(await core.store.run("delete", (store) => store.delete(key)))) continue;
    core.emit({ type: "session.revoked", handle, reason, by, subject, address });
    count++;
  }
  return count;
}

/**
 * Two hold copies of the device's cookie. The series is left as a tombstone, so that whoever presents a
 * cookie of it next can be told; nothing is served by it again.
 *
 * @returns `false` if another request has noticed it before, or the series is gone.
 * @see CWE-294 (capture-replay)
 */
export async function endStolenSeries(
  remembering: Remembering,
  key: StoreKey,
  from: SessionRecord,
  address: string | undefined,
): Promise<boolean> {
  const { core, options } = remembering;
  let meta: SeriesMeta | undefined;
  const swapped = await swapRecord(core, key, from, (record) => {
    if ((record.flags & recordFlags.tombstone) !== 0) return undefined;
    meta = seriesMetaOf(core, key, record);
    return {
      ...record,
      secretHash: new Uint8Array(32), // No secret has this hash.
      confirmedAt: null,
      successor: null,
      retired: [],
      flags: record.flags | recordFlags.tombstone,
    };
  });
  if (swapped.outcome !== "written") return false;
  const { handle } = swapped.record;
  const subject = meta?.subject ?? "";
  const ending: SeriesEnding = { reason: "reused", address };
  let count = await endSessions(core, meta?.sessions ?? [], meta?.subject, ending);
  if (options.onTheft === "account" && subject !== "") {
    count += await subjectSessions(core, subject).revokeAll({ reason: "reused" });
  }
  core.emit({ type: "device.theft-detected", handle, subject, count, address });
  return true;
}
