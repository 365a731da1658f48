/**
 * All sessions of one account: list them, end them, change their rights. Needs no browser.
 * @module
 */
import type { RevocationReason } from "../events.ts";
import type { StoredSession } from "../stores/store.ts";
import { isPending, isSeriesRecord, recordFlags } from "../stores/store.ts";
import { openMeta } from "./boxes.ts";
import type { Core } from "./core.ts";
import { isSeries, subjectKeysOf } from "./core.ts";
import { presentedSessions } from "./limit.ts";
import { swapRecord } from "./swap.ts";

/** One line of a devices page. */
export interface SessionSummary {
  readonly handle: string;
  readonly createdAt: number;
  /** Last use, to within a twentieth of the idle timeout. */
  readonly lastSeenAt: number;
  readonly idleExpiresAt: number;
  readonly absoluteExpiresAt: number;
  readonly authenticatedAt: number;
  readonly level: string;
  /** Where the sign-in came from. */
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  /** The device is remembered: it comes back without signing in. */
  readonly remembered: boolean;
}

export interface RevokeOptions {
  /** For the audit trail. @default "requested" */
  readonly reason?: RevocationReason;
  /** Who asked for it, for the audit trail. */
  readonly by?: string;
}

export interface RevokeAllOptions extends RevokeOptions {
  /** Handle of the one session to keep: usually the one that asks. */
  readonly except?: string | undefined;
}

/** The sessions of one account. */
export interface SubjectSessions {
  /** Sessions that their browsers have presented, the one used last first. */
  list(): Promise<readonly SessionSummary[]>;
  /** @returns `false` if the account has no such session. */
  revoke(handle: string, options?: RevokeOptions): Promise<boolean>;
  /**
   * Ends the account's sessions. Once it has returned, no later request is served by one of them, on any process.
   *
   * @returns How many were ended.
   * @see ASVS 5.0, 7.4.2 and 7.4.3
   */
  revokeAll(options?: RevokeAllOptions): Promise<number>;
  /**
   * Has every session of the account rotate with its next request: after a change of rights.
   *
   * @returns How many sessions will.
   * @see ASVS 5.0, 8.3.2
   */
  rotateAll(): Promise<number>;
  /** To be asked for before a password is checked, and handed to `signIn`: a revocation in between refuses it. */
  checkpoint(): Promise<string>;
  /** Removes everything that is stored of the account. @returns How many sessions were ended. */
  erase(options?: RevokeOptions): Promise<number>;
}

export function subjectSessions(core: Core, subject: string): SubjectSessions {
  const keys = subjectKeysOf(core, subject);

  const removeAll = async (
    { except, reason = "requested", by }: RevokeAllOptions,
    forget: boolean,
  ): Promise<number> => {
    let count = 0;
    // The old index first: a session that is made meanwhile is made under the current one.
    for (const key of keys.toReversed()) {
      const removed = await core.store.run("deleteSubject", (store) =>
        store.deleteSubject(key, { except, forget }),
      );
      for (const { handle } of removed) {
        const told = { handle, reason, by, subject };
        if (isSeries(handle)) core.emit({ type: "device.forgotten", ...told });
        else {
          core.emit({ type: "session.revoked", ...told });
          count++;
        }
      }
    }
    return count;
  };

  return {
    async list() {
      const found = await Promise.all(keys.map((key) => presentedSessions(core, key)));
      const summaries = found.flat().map((session) => summaryOf(core, subject, session));
      return summaries
        .filter((summary) => summary !== undefined)
        .sort((left, right) => right.lastSeenAt - left.lastSeenAt);
    },

    async revoke(handle, { reason = "requested", by } = {}) {
      for (const key of keys) {
        const sessions = await core.store.run("listSubject", (store) => store.listSubject(key));
        const session = sessions.find(
          ({ record }) => record.handle === handle && !isPending(record),
        );
        if (session === undefined) continue;
        const removed = await core.store.run("delete", (store) => store.delete(session.key));
        if (removed) core.emit({ type: "session.revoked", handle, reason, by, subject });
        return removed;
      }
      return false;
    },

    revokeAll: (options = {}) => removeAll(options, false),

    async rotateAll() {
      let count = 0;
      for (const key of keys) {
        const sessions = await core.store.run("listSubject", (store) => store.listSubject(key));
        for (const session of sessions) {
          if (isSeriesRecord(session.record)) continue;
          const swapped = await swapRecord(core, session.key, session.record, (record) => ({
            ...record,
            flags: record.flags | recordFlags.rotationDue,
          }));
          if (swapped.outcome === "written") count++;
        }
      }
      return count;
    },

    async checkpoint() {
      const [current] = keys;
      return core.store.run("checkpoint", (store) =>
        store.checkpoint(current as string, core.now()),
      );
    },

    erase: (options = {}) => removeAll({ reason: "erased", ...options }, true),
  };
}

/** What the meta box of a session says; one that does not open, or names somebody else, is no line of the list. */
function summaryOf(
  core: Core,
  subject: string,
  { key, record }: StoredSession,
): SessionSummary | undefined {
  const meta = openMeta(core, key, record);
  if (typeof meta === "string" || meta.subject !== subject) {
    const reason = typeof meta === "string" ? meta : "tampered";
    core.flood.refused({ reason, address: undefined, handle: record.handle });
    return undefined;
  }
  const { handle, createdAt, idleExpiresAt, absoluteExpiresAt, confirmedAt } = record;
  const usedAt = idleExpiresAt - core.options.policy.idleTimeoutSeconds * 1000;
  return {
    handle,
    createdAt,
    lastSeenAt: Math.max(createdAt, confirmedAt ?? 0, usedAt),
    idleExpiresAt,
    absoluteExpiresAt,
    authenticatedAt: meta.authenticatedAt ?? createdAt,
    level: meta.level ?? "",
    address: meta.address,
    userAgent: meta.userAgent,
    remembered: meta.series !== undefined,
  };
}
