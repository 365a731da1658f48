/**
 * The remembered devices of an account among its sessions: listed beside them, and ended with them.
 * @module
 */
import { openMeta } from "../engine/boxes.ts";
import { subjectKeysOf } from "../engine/core.ts";
import { endedBy } from "../engine/load.ts";
import type { RevokeOptions, SessionSummary, SubjectSessions } from "../engine/subject.ts";
import type { SessionRecord, StoredSession, SubjectKey } from "../stores/store.ts";
import { isPending, isSeriesRecord, isTombstone } from "../stores/store.ts";
import { endSeries } from "./end-series.ts";
import type { Remembering, SeriesMeta } from "./series.ts";

export function devicesOf(
  remembering: Remembering,
  subject: string,
  own: SubjectSessions,
): SubjectSessions {
  const { core } = remembering;

  const stored = async (): Promise<readonly StoredSession[]> => {
    const lists = subjectKeysOf(core, subject).map((key) =>
      core.store.run("listSubject", (store) => store.listSubject(key)),
    );
    return (await Promise.all(lists)).flat().filter(({ record }) => !isPending(record));
  };

  return {
    ...own,

    async list() {
      const [sessions, all] = await Promise.all([own.list(), stored()]);
      const devices = all.map((series) => openDevice(remembering, subject, series));
      const known = devices.filter((device) => device !== undefined);
      const remembered = new Set(known.flatMap(({ sessions: of }) => of));
      const shown = new Set(sessions.map(({ handle }) => handle));
      const absent = known.filter(({ sessions: of }) => !of.some((handle) => shown.has(handle)));
      return [
        ...sessions.map((session) => ({ ...session, remembered: remembered.has(session.handle) })),
        ...absent.map(({ summary }) => summary),
      ].sort((left, right) => right.lastSeenAt - left.lastSeenAt);
    },

    async revoke(handle, options: RevokeOptions = {}) {
      const { reason = "requested", by } = options;
      const found = (await stored()).find(({ record }) => record.handle === handle);
      if (found === undefined) return false;
      if (isSeriesRecord(found.record)) {
        await endSeries(remembering, found.key, { reason, by });
        return true;
      }
      const meta = openMeta(core, found.key, found.record);
      const series = typeof meta === "string" ? undefined : meta.series;
      // The device first: it could begin a session anew.
      if (series !== undefined) {
        await endSeries(remembering, series.key, { reason, by, keep: found.key });
      }
      return own.revoke(handle, options);
    },
  };
}

/** When the device was last used, as far as its series knows: at the sign-in, or when it last came back. */
function lastUsedAt({ createdAt, confirmedAt, retired }: SessionRecord): number {
  return Math.max(createdAt, confirmedAt ?? 0, retired[0]?.retiredAt ?? 0);
}

/**
 * Keeps the number of an account's devices to that of its sessions: those used last stay.
 *
 * @see ASVS 5.0, 7.1.2; CWE-770
 */
export async function forgetOldest(
  remembering: Remembering,
  subjectKey: SubjectKey,
  address: string | undefined,
): Promise<void> {
  const { core } = remembering;
  const { sessionsPerSubject } = core.options.policy;
  if (sessionsPerSubject === 0) return;
  const all = await core.store.run("listSubject", (store) => store.listSubject(subjectKey));
  const devices = all
    .filter(({ record }) => isSeriesRecord(record) && !isPending(record))
    .sort((left, right) => lastUsedAt(right.record) - lastUsedAt(left.record));
  for (const { key } of devices.slice(sessionsPerSubject)) {
    await endSeries(remembering, key, { reason: "limit", address });
  }
}

/** A device, as a devices page shows it while it has no session, and the handles of its sessions. */
interface Device {
  readonly summary: SessionSummary;
  readonly sessions: readonly string[];
}

function openDevice(
  { core, options }: Remembering,
  subject: string,
  { key, record }: StoredSession,
): Device | undefined {
  const isAlive = endedBy(record, core.now()) === undefined;
  if (!isSeriesRecord(record) || !isAlive || isTombstone(record)) return undefined;
  const opened = openMeta(core, key, record);
  if (typeof opened === "string" || opened.subject !== subject) {
    const reason = typeof opened === "string" ? opened : "tampered";
    core.flood.refused({ reason, address: undefined, handle: record.handle });
    return undefined;
  }
  const meta = opened as SeriesMeta;
  const { handle, createdAt, idleExpiresAt, absoluteExpiresAt } = record;
  const summary: SessionSummary = {
    handle,
    createdAt,
    lastSeenAt: lastUsedAt(record),
    idleExpiresAt,
    absoluteExpiresAt,
    authenticatedAt: meta.authenticatedAt ?? createdAt,
    level: options.level,
    address: meta.address,
    userAgent: meta.userAgent,
    remembered: true,
  };
  return { summary, sessions: meta.sessions.map((session) => session.handle) };
}
