/**
 * Ends a series and every session that came from it. The series goes first: it could begin a session anew.
 * @module
 */
import type { Core } from "../engine/core.ts";
import { subjectSessions } from "../engine/subject.ts";
import { pause, swapRecord } from "../engine/swap.ts";
import { SessionError } from "../errors.ts";
import type { RevocationReason } from "../events.ts";
import type { SessionRecord, StoreKey } from "../stores/store.ts";
import { isTombstone, recordFlags } from "../stores/store.ts";
import {
  type Remembering,
  type SeriesMeta,
  type SeriesSession,
  seriesMetaOf,
  storedSeries,
} from "./series.ts";

/** Why a series ends, for the audit trail. */
export interface SeriesEnding {
  readonly reason: RevocationReason;
  readonly by?: string | undefined;
  readonly address?: string | undefined;
  /** Store key of a session that goes on, or that the caller ends itself. */
  readonly keep?: StoreKey | undefined;
}

/**
 * @returns How many sessions were ended with it.
 * @throws {SessionError} HOLDFAST_STORE if the store fails, or others use the series all the time until the deadline.
 */
export async function endSeries(
  { core }: Remembering,
  key: StoreKey,
  ending: SeriesEnding,
): Promise<number> {
  const deadline = performance.now() + core.options.policy.storeDeadlineSeconds * 1000;
  let inDoubt: SessionRecord | undefined;
  let failure: unknown;
  for (let attempt = 0; ; attempt++) {
    const record = await storedSeries(core, key);
    if (record === undefined) {
      // If the answer to a deletion was lost, it is ours: its sessions must not be forgotten.
      return inDoubt === undefined ? 0 : endFrom(core, key, inDoubt, ending);
    }
    const { version, idleExpiresAt } = record;
    const only = { version, idleExpiresAt };
    try {
      // In this state alone: a session that comes from the series meanwhile must be known to end, too.
      if (await core.store.run("delete", (store) => store.delete(key, only))) {
        return endFrom(core, key, record, ending);
      }
    } catch (cause) {
      failure = cause;
      inDoubt = record;
    }
    if (performance.now() >= deadline) throw failure ?? contended();
    if (attempt > 0 || failure !== undefined) await pause(attempt, 32);
  }
}

function contended(): SessionError {
  const why = "Too many requests use this device's cookie at once; try again";
  return new SessionError("HOLDFAST_STORE", why, { operation: "delete" });
}

/** The sessions of a series that is gone. */
function endFrom(
  core: Core,
  key: StoreKey,
  record: SessionRecord,
  ending: SeriesEnding,
): Promise<number> {
  const { subject, sessions = [] } = seriesMetaOf(core, key, record) ?? {};
  const { reason, by, address } = ending;
  const { handle } = record;
  core.emit({ type: "device.forgotten", handle, reason, by, subject, address });
  return endSessions(core, sessions, subject, ending);
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
    if (isTombstone(record)) return undefined;
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
  let count = 0;
  try {
    count = await endSessions(core, meta?.sessions ?? [], meta?.subject, ending);
    if (options.onTheft === "account" && subject !== "") {
      // The tombstone stays, or its owner would not be told.
      const others = subjectSessions(core, subject);
      count += await others.revokeAll({ reason: "reused", except: handle });
    }
  } finally {
    // Also if the store failed on the way: a theft is never found twice.
    core.emit({ type: "device.theft-detected", handle, subject, count, address });
  }
  return true;
}
