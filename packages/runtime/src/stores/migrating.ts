/**
 * Migrating store: two stores that look like one, while the sessions of live users move from the first
 * to the second. How one session moves is in migrating-move.ts.
 * @module
 */
import { optionError } from "../errors.ts";
import { type Checkpoints, joinCheckpoints, splitCheckpoints } from "./migrating-checkpoint.ts";
import {
  type Migration,
  moveOnRead,
  PATIENCE,
  readArrived,
  settled,
  waitLonger,
} from "./migrating-move.ts";
import {
  type Awaitable,
  type CreateOptions,
  isPending,
  type RemovedSession,
  type SessionRecord,
  type SessionStore,
  type StoredSession,
  type StoreKey,
  type StoreTraits,
} from "./store.ts";

export { type CopiedPage, type CopySessionsOptions, copySessions } from "./migrating-copy.ts";

/** Options of {@link migratingStore}. */
export interface MigratingStoreOptions {
  /**
   * `prepare` writes `from` and reads both: safe beside processes that know `from` only, and beside those
   * that move. `move` writes `to`, and moves each session there when it is read: safe only when no
   * process is left that knows `from` only.
   */
  readonly phase: "prepare" | "move";
  /** The current instant, in Unix epoch milliseconds. @default Date.now */
  readonly now?: () => number;
}

/**
 * Keeps sessions in two stores while they move from one to the other. Nobody is signed out, and no
 * session that has ended comes back, in this order: every process has `from`; every process has
 * `prepare`; every process has `move`; `holdfast migrate copy` has come to its end; every process has `to`.
 * Neighbours in that list may run at once.
 *
 * A session is lost if its mover crashes, or gets no answer, between the deletion in `from` and the write
 * in `to`: nobody else can tell it from a revoked one.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` if `phase` is missing, an option is unknown, or both stores are
 *   the same object.
 * @example
 * const store = migratingStore(sqliteStore(db), redisStore(client), { phase: "prepare" });
 */
export function migratingStore(
  from: SessionStore,
  to: SessionStore,
  options: MigratingStoreOptions,
): SessionStore {
  const { phase, now = Date.now, ...unknown } = options ?? {};
  for (const name of Object.keys(unknown)) {
    throw optionError(name, "is not an option of migratingStore");
  }
  if (phase !== "prepare" && phase !== "move") {
    throw optionError("phase", 'must be "prepare" or "move"');
  }
  if (from === to) throw optionError("to", 'must be another store than "from"');
  return openMigration({ from, to, now, patience: PATIENCE, wait: waitLonger }, phase);
}

/** The store over a migration whose patience the caller has chosen. */
export function openMigration(
  migration: Migration,
  phase: MigratingStoreOptions["phase"],
): SessionStore {
  const { from, to } = migration;
  return {
    name: "migrating",
    traits: weaker(from.traits, to.traits),
    ...(phase === "prepare" ? preparing(migration) : moving(migration)),

    // In every removal `from` comes first: once it has none, no move can succeed that has not put its
    // pending copy into `to` before, for the second step to find.
    async delete(key, only) {
      const left = await from.delete(key, only);
      // What is in `to` of a session that was in `from` is a pending copy, in a state of its own.
      const arrived = await to.delete(key, left ? undefined : only);
      return left || arrived;
    },

    async listSubject(subjectKey) {
      // In the direction in which sessions move, so that none is missed.
      const left = await from.listSubject(subjectKey);
      const arrived = await to.listSubject(subjectKey);
      const found = new Map<StoreKey, StoredSession>();
      for (const session of left) {
        if (!isPending(session.record)) found.set(session.key, session);
      }
      const underWay: StoreKey[] = [];
      for (const session of arrived) {
        if (!isPending(session.record)) found.set(session.key, session);
        else if (!found.has(session.key)) underWay.push(session.key);
      }
      const read = async (key: StoreKey) => {
        const record = await readArrived(migration, key);
        if (record !== undefined) found.set(key, { key, record });
      };
      await Promise.all(underWay.map(read));
      return [...found.values()];
    },

    async deleteSubject(subjectKey, options) {
      const removed = new Map<StoreKey, RemovedSession>();
      for (const store of [from, to]) {
        for (const session of await store.deleteSubject(subjectKey, options)) {
          removed.set(session.key, session);
        }
      }
      return [...removed.values()];
    },

    async checkpoint(subjectKey, now) {
      return joinCheckpoints({
        from: await from.checkpoint(subjectKey, now),
        to: await to.checkpoint(subjectKey, now),
      });
    },

    async deleteAll() {
      const left = await from.deleteAll();
      return left + (await to.deleteAll());
    },

    async sweep(now, limit) {
      const first = await from.sweep(now, limit);
      if (!first.done) return first;
      const { removed, done } = await to.sweep(now, limit);
      return { removed: first.removed + removed, done };
    },

    watch(report) {
      for (const store of [from, to]) {
        store.watch?.((problem) => {
          report({ ...problem, explanation: `${store.name}: ${problem.explanation}` });
        });
      }
    },
    ...(to.clock === undefined ? {} : { clock: () => (to.clock as () => Awaitable<number>)() }),

    async close() {
      try {
        await from.close();
      } finally {
        await to.close();
      }
    },
  };
}

type Phase = Pick<SessionStore, "get" | "create" | "put" | "touch">;

/** Reads `from`, then `to`: sessions move in that direction, so that one that is in neither has ended. */
function preparing(migration: Migration): Phase {
  const { from, to } = migration;
  return {
    async get(key) {
      return settled(await from.get(key)) ?? (await readArrived(migration, key));
    },

    async create(key, record, options) {
      const checkpoint = checkpointOf(options, "from");
      const outcome = await from.create(key, record, { ...options, checkpoint });
      await endReplaced(migration, key, record, options, outcome);
      return outcome;
    },

    // No version of a record in `to` is the version of a pending copy, nor of the record as it was in `from`.
    async put(key, record) {
      return (await from.put(key, record)) || to.put(key, record);
    },
    async touch(key, version, idleExpiresAt) {
      return (
        (await from.touch(key, version, idleExpiresAt)) || to.touch(key, version, idleExpiresAt)
      );
    },
  };
}

/** What a session that has moved costs is what `to` costs alone. */
function moving(migration: Migration): Phase {
  const { from, to } = migration;
  const orMoved = (key: StoreKey, record: SessionRecord | undefined) =>
    settled(record) ?? moveOnRead(migration, key);
  return {
    get(key) {
      const found = to.get(key);
      return isPromise(found) ? found.then((record) => orMoved(key, record)) : orMoved(key, found);
    },

    async create(key, record, options) {
      const { now, replaces } = options;
      const { subjectKey } = record;
      const theirs = splitCheckpoints(options.checkpoint ?? "")?.from;
      if (theirs !== undefined && subjectKey !== null) {
        if ((await from.checkpoint(subjectKey, now)) !== theirs) return "revoked-meanwhile";
      }
      const checkpoint = checkpointOf(options, "to");
      const outcome = await to.create(key, record, { now, replaces, checkpoint });
      await endReplaced(migration, key, record, options, outcome);
      return outcome;
    },

    // A session that is still in `from` has another version in `to` once it was read again, and moved by it.
    put: (key, record) => to.put(key, record),
    touch: (key, version, idleExpiresAt) => to.touch(key, version, idleExpiresAt),
  };
}

/** The checkpoint for one of the stores. */
function checkpointOf({ checkpoint }: CreateOptions, store: keyof Checkpoints): string | undefined {
  if (checkpoint === undefined) return undefined;
  return splitCheckpoints(checkpoint)?.[store] ?? checkpoint;
}

/** The session that a new one replaces may be in either store, or on its way. */
async function endReplaced(
  { from, to }: Migration,
  key: StoreKey,
  { handle }: SessionRecord,
  { replaces }: CreateOptions,
  outcome: Awaited<ReturnType<SessionStore["create"]>>,
): Promise<void> {
  if (replaces === undefined || outcome === "revoked-meanwhile") return;
  if (outcome === "exists") {
    // Ours, from an attempt whose answer was lost: what that attempt left undone is done now.
    const there = settled(await from.get(key)) ?? (await to.get(key));
    if (there?.handle !== handle) return;
  }
  await from.delete(replaces);
  await to.delete(replaces);
}

const REACH = ["process", "machine", "network"] as const;

/** What both stores promise. */
function weaker(one: StoreTraits, other: StoreTraits): StoreTraits {
  const reach = Math.min(REACH.indexOf(one.shared), REACH.indexOf(other.shared));
  return {
    shared: REACH[reach] ?? "process",
    revocation:
      one.revocation === "durable" && other.revocation === "durable" ? "durable" : "until-failover",
    index: one.index && other.index,
    nativeExpiry: one.nativeExpiry && other.nativeExpiry,
    durable: one.durable && other.durable,
  };
}

function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === "function";
}
