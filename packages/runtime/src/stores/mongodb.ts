/**
 * MongoDB store, for any number of machines that share one replica set. Experimental: never run against
 * MongoDB itself. Takes a `Db` of the package `mongodb`; depends on nothing, and needs no transactions.
 * @module
 */
import { randomBytes } from "node:crypto";
import { optionError } from "../errors.ts";
import {
  checkDatabase,
  collectionNames,
  DEFAULT_COLLECTION,
  hasCode,
  type MongodbDatabase,
  openCollection,
  serverCodes,
} from "./mongodb-client.ts";
import {
  ACTIVE,
  bytesOfHex,
  changingFields,
  keyOf,
  PENDING,
  recordOf,
  storedOf,
  sweepAtOf,
} from "./mongodb-document.ts";
import { sweepMongodb } from "./mongodb-sweep.ts";
import { mongodbWatch } from "./mongodb-watch.ts";
import { isTombstone, type SessionRecord, type SessionStore, type StoreKey } from "./store.ts";

export type {
  MongodbCollection,
  MongodbCollectionOptions,
  MongodbDatabase,
  MongodbDocument,
} from "./mongodb-client.ts";
export { mongodbIndexes } from "./mongodb-indexes.ts";

/** Options of {@link mongodbStore}. */
export interface MongodbStoreOptions {
  /**
   * Collection to use: 1 to 55 letters, digits and `_`. The store uses `<collection>_subjects` beside it.
   * @default "holdfast_sessions"
   */
  readonly collection?: string;
}

/** The most documents that one step of a sweep or a scan takes. */
const MOST_DOCUMENTS = 512;

/** More than one account's sessions by default, so that they come in one answer. */
const BATCH = 1000;

/**
 * Keeps sessions in two collections. Every write is confirmed by a majority, journalled, when its promise resolves.
 *
 * @param db A `Db` of `mongodb` 6 or newer that reads from the primary. Its client stays the caller's to close.
 * @throws {SessionError} `HOLDFAST_OPTION` if `db` is no such `Db`, or `collection` no plain name.
 * @example
 * import { MongoClient } from "mongodb";
 * const store = mongodbStore(new MongoClient("mongodb://db.internal/?replicaSet=rs0").db("app"));
 */
export function mongodbStore(db: MongodbDatabase, options: MongodbStoreOptions = {}): SessionStore {
  const { collection = DEFAULT_COLLECTION, ...unknown } = options;
  for (const name of Object.keys(unknown))
    throw optionError(name, "is not an option of mongodbStore");
  checkDatabase(db);
  const names = collectionNames(collection);
  const sessions = openCollection(db, names.sessions);
  const subjects = openCollection(db, names.subjects);
  const watch = mongodbWatch(db, names);

  async function insert(
    key: StoreKey,
    record: SessionRecord,
    state: { readonly v: number } | { readonly pending: string },
    sweepAt: number,
  ): Promise<boolean> {
    const { subjectKey, idleExpiresAt } = record;
    try {
      await sessions.insertOne({
        _id: bytesOfHex(key),
        idleAt: idleExpiresAt,
        sweepAt,
        ...(subjectKey === null ? {} : { subject: bytesOfHex(subjectKey) }),
        ...changingFields(record),
        ...state,
      });
      return true;
    } catch (error) {
      if (hasCode(error, serverCodes.duplicateKey)) return false;
      throw error;
    }
  }

  /**
   * Inserts a pending session, looks whether the checkpoint is the present one, and only then activates it.
   *
   * `deleteSubject` removes first the checkpoint, then pending sessions, then active ones. So either the checkpoint
   * was gone when it was looked at here, or this session was there before, and is removed as pending and
   * never activated, or as active. A crash leaves a pending session, which counts for nothing.
   */
  async function createUnder(
    checkpoint: string,
    key: StoreKey,
    record: SessionRecord,
    now: number,
  ): Promise<"created" | "exists" | "revoked-meanwhile"> {
    if (record.subjectKey === null) return "revoked-meanwhile";
    const { version, subjectKey } = record;
    const attempt = randomBytes(8).toString("hex");
    if (!(await insert(key, record, { pending: attempt }, now))) return "exists";
    const own = { _id: bytesOfHex(key), pending: attempt };
    // A write, since a server that is primary no longer, and does not know it yet, could answer a read.
    const present = await subjects.updateOne(
      { _id: bytesOfHex(subjectKey), checkpoint },
      { $max: { usedAt: now } },
    );
    if (present.matchedCount === 0) {
      await sessions.deleteOne(own);
      return "revoked-meanwhile";
    }
    const activated = await sessions.updateOne(own, {
      $set: { v: version, sweepAt: sweepAtOf(record) },
      $unset: { pending: "" },
    });
    return activated.matchedCount === 1 ? "created" : "revoked-meanwhile";
  }

  return {
    name: "mongodb",
    traits: {
      shared: "network",
      revocation: "durable",
      index: true,
      nativeExpiry: false,
      durable: true,
    },

    async get(key) {
      const document = await sessions.findOne({ _id: bytesOfHex(key) });
      return document === null || document.v === undefined ? undefined : recordOf(document);
    },

    async create(key, record, { now, checkpoint, replaces }) {
      let outcome: "created" | "exists" | "revoked-meanwhile";
      if (checkpoint !== undefined) outcome = await createUnder(checkpoint, key, record, now);
      // The session and its entry in the index are one document: nothing else to agree with.
      else
        outcome = (await insert(key, record, { v: record.version }, sweepAtOf(record)))
          ? "created"
          : "exists";
      // Afterwards: a crash in between leaves a session that nobody has a cookie of, instead of none.
      if (outcome === "created" && replaces !== undefined) {
        await sessions.deleteOne({ _id: bytesOfHex(replaces), ...ACTIVE });
      }
      return outcome;
    },

    async put(key, record) {
      const { version, idleExpiresAt: idleAt, absoluteExpiresAt: endsAt } = record;
      const isBuried = isTombstone(record);
      const fields = { v: version, ...changingFields(record) };
      const { matchedCount } = await sessions.updateOne(
        { _id: bytesOfHex(key), v: version - 1 },
        isBuried
          ? { $set: { ...fields, idleAt }, $min: { sweepAt: Math.min(idleAt, endsAt) } }
          : { $set: fields, $max: { idleAt }, $min: { sweepAt: endsAt } },
      );
      return matchedCount === 1;
    },

    async touch(key, version, idleExpiresAt) {
      const { matchedCount } = await sessions.updateOne(
        { _id: bytesOfHex(key), v: version },
        { $max: { idleAt: idleExpiresAt } },
      );
      return matchedCount === 1;
    },

    async delete(key, only) {
      const state = only === undefined ? ACTIVE : { v: only.version, idleAt: only.idleExpiresAt };
      const { deletedCount } = await sessions.deleteOne({ _id: bytesOfHex(key), ...state });
      return deletedCount === 1;
    },

    async listSubject(subjectKey) {
      const found = await sessions
        .find({ subject: bytesOfHex(subjectKey), ...ACTIVE }, { batchSize: BATCH })
        .toArray();
      return found.map(storedOf);
    },

    async deleteSubject(subjectKey, { except } = {}) {
      const subject = bytesOfHex(subjectKey);
      // Without a checkpoint none is accepted, and the next call of `checkpoint` draws another.
      await subjects.deleteOne({ _id: subject });
      // What was pending under it is never activated from here on, so that the search misses nothing.
      await sessions.deleteMany({ subject, ...PENDING });
      const projection = { handle: 1 } as const;
      const found = await sessions
        .find({ subject, ...ACTIVE }, { projection, batchSize: BATCH })
        .toArray();
      // One search is enough: a second would end sessions that began since.
      const doomed = found.filter(({ handle }) => handle !== except);
      // Also where there are none: what another call has just removed may not be confirmed yet, and the answer of
      // a write, even of one that changes nothing, waits for all before it.
      await sessions.deleteMany({ _id: { $in: doomed.map(({ _id }) => _id) } });
      // One that another call removed at the same moment may be named by both.
      return doomed.map((document) => ({ key: keyOf(document), handle: String(document.handle) }));
    },

    async checkpoint(subjectKey, now) {
      const drawn = randomBytes(16).toString("base64url");
      for (let attempt = 0; ; attempt += 1) {
        try {
          const document = await subjects.findOneAndUpdate(
            { _id: bytesOfHex(subjectKey) },
            { $setOnInsert: { checkpoint: drawn }, $max: { usedAt: now } },
            { upsert: true, returnDocument: "after", includeResultMetadata: false },
          );
          return String(document?.checkpoint);
        } catch (error) {
          // Two that draw at once may both try to insert; the second time, the document is there.
          if (!hasCode(error, serverCodes.duplicateKey) || attempt >= 5) throw error;
        }
      }
    },

    async deleteAll() {
      // In the order of `deleteSubject`; what is pending by then is never activated.
      await subjects.deleteMany({});
      await sessions.deleteMany(PENDING);
      return (await sessions.deleteMany(ACTIVE)).deletedCount;
    },

    sweep(now, limit) {
      watch.retry();
      return sweepMongodb(sessions, subjects, now, Math.min(limit, MOST_DOCUMENTS));
    },

    async scan(cursor, limit) {
      const count = Math.min(limit, MOST_DOCUMENTS);
      const after = cursor === undefined ? {} : { _id: { $gt: bytesOfHex(cursor) } };
      const found = await sessions
        .find({ ...after, ...ACTIVE }, { sort: { _id: 1 }, limit: count })
        .toArray();
      const last = found.length < count ? undefined : found.at(-1);
      return { sessions: found.map(storedOf), next: last && keyOf(last) };
    },

    watch: watch.start,

    async clock() {
      const { localTime } = await db.command({ hello: 1 });
      return Number(localTime);
    },

    close() {
      // The client is the caller's.
    },
  };
}
