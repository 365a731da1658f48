/**
 * The remembered devices of an account among its sessions: listed beside them, and ended with them.
 * @module
 */
import { openMeta } from "../engine/boxes.ts";
import { subjectKeysOf } from "../engine/core.ts";
import { endedBy } from "../engine/load.ts";
import type { RevokeOptions, SessionSummary, SubjectSessions } from "../engine/subject.ts";
import type { StoredSession } from "../stores/store.ts";
import { isPending, recordFlags } from "../stores/store.ts";
import { endSeries } from "./end-series.ts";
import { isSeriesRecord, type Remembering, seriesMetaOf } from "./series.ts";

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
  const isTombstone = (record.flags & recordFlags.tombstone) !== 0;
  // Until its browser has shown that it got the cookie, nobody is remembered.
  const lastUsedAt = record.confirmedAt ?? record.retired[0]?.retiredAt;
  if (!isSeriesRecord(record) || !isAlive || isTombstone || lastUsedAt === undefined) {
    return undefined;
  }
  const meta = seriesMetaOf(core, key, record);
  if (meta === undefined || meta.subject !== subject) {
    core.flood.refused({ reason: "tampered", address: undefined, handle: record.handle });
    return undefined;
  }
  const { handle, createdAt, idleExpiresAt, absoluteExpiresAt } = record;
  const summary: SessionSummary = {
    handle,
    createdAt,
    lastSeenAt: Math.max(createdAt, lastUsedAt),
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
