/**
 * Memory store, for tests, development and a service that may lose its sessions when it restarts.
 * Answers synchronously, and is bounded: no flood of visitors can take the process's memory.
 * @module
 */
import { randomBytes } from "node:crypto";
import { optionError, SessionError } from "../errors.ts";
import { DueQueue } from "./memory-queue.ts";
import {
  CHECKPOINT_SECONDS,
  isTombstone,
  type SessionRecord,
  type SessionStore,
  type StoredSession,
  type StoreKey,
  type SubjectKey,
  SWEEP_DELAY_SECONDS,
} from "./store.ts";

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Most sessions, and most checkpoints, held at once: a whole number, 1 to 10 000 000. A full store
   * makes room by dropping anonymous sessions, those nearest to their end first; never a signed-in one.
   * @default 100000
   */
  readonly maxSessions?: number;
}

/** Where a session is kept. Its record is replaced, never changed: a reader may still hold it. */
interface Entry {
  readonly key: StoreKey;
  record: SessionRecord;
  dueAt: number;
  position: number;
}

interface Checkpoint {
  readonly subjectKey: SubjectKey;
  readonly value: string;
  usedAt: number;
  dueAt: number;
  position: number;
}

/**
 * Keeps sessions in this process.
 *
 * @throws {SessionError} `HOLDFAST_OPTION`, if `maxSessions` is out of range or an option is unknown;
 *   later `HOLDFAST_STORE_FULL` from `create`, when the store holds signed-in sessions only.
 */
export function memoryStore(options: MemoryStoreOptions = {}): SessionStore {
  const { maxSessions = 100_000, ...unknown } = options;
  for (const name of Object.keys(unknown))
    throw optionError(name, "is not an option of memoryStore");
  if (!Number.isInteger(maxSessions) || maxSessions < 1 || maxSessions > 10_000_000) {
    throw optionError("maxSessions", "must be a whole number from 1 to 10000000");
  }

  const entries = new Map<StoreKey, Entry>();
  const subjects = new Map<SubjectKey, Set<Entry>>();
  const checkpoints = new Map<SubjectKey, Checkpoint>();
  const anonymousQueue = new DueQueue<Entry>();
  const signedInQueue = new DueQueue<Entry>();
  const checkpointQueue = new DueQueue<Checkpoint>();

  const queueOf = (record: SessionRecord): DueQueue<Entry> =>
    record.subjectKey === null ? anonymousQueue : signedInQueue;

  function add(key: StoreKey, record: SessionRecord): void {
    const entry = { key, record, dueAt: endOf(record), position: 0 };
    entries.set(key, entry);
    queueOf(record).add(entry);
    if (record.subjectKey === null) return;
    const siblings = subjects.get(record.subjectKey);
    if (siblings === undefined) subjects.set(record.subjectKey, new Set([entry]));
    else siblings.add(entry);
  }

  function remove(entry: Entry): void {
    const { key, record } = entry;
    entries.delete(key);
    queueOf(record).remove(entry);
    if (record.subjectKey === null) return;
    const siblings = subjects.get(record.subjectKey);
    siblings?.delete(entry);
    if (siblings?.size === 0) subjects.delete(record.subjectKey);
  }

  function removeCheckpoint(subjectKey: SubjectKey): void {
    const checkpoint = checkpoints.get(subjectKey);
    if (checkpoint === undefined) return;
    checkpoints.delete(subjectKey);
    checkpointQueue.remove(checkpoint);
  }

  /** The entry that ends first. Each step up the queue is paid for by an earlier renewal. */
  function firstToEnd(queue: DueQueue<Entry>): Entry | undefined {
    for (let entry = queue.first; entry !== undefined; entry = queue.first) {
      const endsAt = endOf(entry.record);
      if (endsAt <= entry.dueAt) return entry;
      queue.move(entry, endsAt);
    }
    return undefined;
  }

  // CWE-770: a flood of anonymous sessions evicts anonymous sessions, and so signs nobody out.
  function makeRoom(now: number): void {
    const signedIn = firstToEnd(signedInQueue);
    const evicted =
      signedIn !== undefined && signedIn.dueAt < now - SWEEP_DELAY_SECONDS * 1000
        ? signedIn
        : firstToEnd(anonymousQueue);
    if (evicted === undefined) {
      throw new SessionError(
        "HOLDFAST_STORE_FULL",
        `memoryStore holds ${maxSessions} signed-in sessions; raise "maxSessions" or use a larger store`,
        { maxSessions },
      );
    }
    remove(evicted);
  }

  return {
    name: "memory",
    traits: {
      shared: "process",
      revocation: "durable",
      index: true,
      nativeExpiry: false,
      durable: false,
    },

    get(key) {
      return entries.get(key)?.record;
    },

    create(key, record, { now, checkpoint, replaces }) {
      if (entries.has(key)) return "exists";
      if (checkpoint !== undefined) {
        const present = record.subjectKey === null ? undefined : checkpoints.get(record.subjectKey);
        if (present?.value !== checkpoint) return "revoked-meanwhile";
        present.usedAt = Math.max(present.usedAt, now);
      }
      const replaced = replaces === undefined ? undefined : entries.get(replaces);
      if (replaced !== undefined) remove(replaced);
      else if (entries.size >= maxSessions) makeRoom(now);
      add(key, record);
      return "created";
    },

    put(key, record) {
      const entry = entries.get(key);
      if (entry === undefined || entry.record.version !== record.version - 1) return false;
      const keptIdle = entry.record.idleExpiresAt;
      const isBuried = isTombstone(record);
      entry.record =
        isBuried || keptIdle <= record.idleExpiresAt
          ? record
          : { ...record, idleExpiresAt: keptIdle };
      const endsAt = endOf(entry.record);
      if (endsAt < entry.dueAt) queueOf(record).move(entry, endsAt);
      return true;
    },

    touch(key, version, idleExpiresAt) {
      const entry = entries.get(key);
      if (entry === undefined || entry.record.version !== version) return false;
      if (idleExpiresAt > entry.record.idleExpiresAt) {
        entry.record = { ...entry.record, idleExpiresAt };
      }
      return true;
    },

    delete(key, only) {
      const entry = entries.get(key);
      if (entry === undefined) return false;
      const { version, idleExpiresAt } = entry.record;
      const isOther = only?.version !== version || only.idleExpiresAt !== idleExpiresAt;
      if (only !== undefined && isOther) return false;
      remove(entry);
      return true;
    },

    listSubject(subjectKey) {
      const sessions: StoredSession[] = [];
      for (const { key, record } of subjects.get(subjectKey) ?? []) sessions.push({ key, record });
      return sessions;
    },

    deleteSubject(subjectKey, { except } = {}) {
      // The next `checkpoint` draws a new value, and until then none is accepted: as good as replacing it.
      removeCheckpoint(subjectKey);
      const doomed = [...(subjects.get(subjectKey) ?? [])].filter(
        ({ record }) => record.handle !== except,
      );
      for (const entry of doomed) remove(entry);
      return doomed.map(({ key, record }) => ({ key, handle: record.handle }));
    },

    checkpoint(subjectKey, now) {
      const known = checkpoints.get(subjectKey);
      if (known !== undefined) {
        known.usedAt = Math.max(known.usedAt, now);
        return known.value;
      }
      // Names typed into a login form decide how many there are, so their number is bounded too.
      const oldest = checkpointQueue.first;
      if (oldest !== undefined && checkpoints.size >= maxSessions) {
        removeCheckpoint(oldest.subjectKey);
      }
      const value = randomBytes(16).toString("base64url");
      const added = { subjectKey, value, usedAt: now, dueAt: now, position: 0 };
      checkpoints.set(subjectKey, added);
      checkpointQueue.add(added);
      return value;
    },

    deleteAll() {
      const removed = entries.size;
      entries.clear();
      subjects.clear();
      checkpoints.clear();
      anonymousQueue.clear();
      signedInQueue.clear();
      checkpointQueue.clear();
      return removed;
    },

    sweep(now, limit) {
      const deadBefore = now - SWEEP_DELAY_SECONDS * 1000;
      const unusedSince = now - CHECKPOINT_SECONDS * 1000;
      let removed = 0;
      let left = limit;
      for (const queue of [anonymousQueue, signedInQueue]) {
        for (let entry = queue.first; entry !== undefined && left > 0; entry = queue.first) {
          if (entry.dueAt >= deadBefore) break;
          left -= 1;
          const endsAt = endOf(entry.record);
          if (endsAt >= deadBefore) {
            queue.move(entry, endsAt);
          } else {
            remove(entry);
            removed += 1;
          }
        }
      }
      for (let unused = checkpointQueue.first; unused && left > 0; unused = checkpointQueue.first) {
        if (unused.dueAt >= unusedSince) break;
        left -= 1;
        if (unused.usedAt >= unusedSince) checkpointQueue.move(unused, unused.usedAt);
        else removeCheckpoint(unused.subjectKey);
      }
      return { removed, done: left > 0 };
    },

    scan() {
      // All of it at once: the records are in this memory already.
      const sessions = [...entries].map(([key, { record }]) => ({ key, record }));
      return { sessions, next: undefined };
    },

    close() {
      // Nothing was opened.
    },
  };
}

function endOf(record: SessionRecord): number {
  return Math.min(record.idleExpiresAt, record.absoluteExpiresAt);
}
