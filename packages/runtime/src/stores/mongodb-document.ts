/**
 * Between a session record and a document of the MongoDB store.
 * @module
 */
import { SessionError } from "../errors.ts";
import type { MongodbDocument } from "./mongodb-client.ts";
import type { SessionRecord, StoredSession } from "./store.ts";
import { packRecord, unpackRecord } from "./store-bytes.ts";

/*
 * A session's document; instants are numbers:
 *   _id      store key, 34 bytes
 *   v        version; absent while the session is pending
 *   idleAt   idleExpiresAt
 *   endsAt   absoluteExpiresAt
 *   sweepAt  when a sweep should next look: never later than the earlier deadline
 *   handle
 *   subject  subject key, 32 bytes; absent while the session is anonymous
 *   r        all the rest: `packRecord`
 *   pending  8 random bytes in hex, naming the `create` that has not yet looked at the checkpoint; else absent
 *
 * A subject's document:
 *   _id         subject key, 32 bytes
 *   checkpoint  random, never used again
 *   usedAt      when last drawn or used
 */

/** Only sessions that count have a version, so each filter that names one leaves out the pending. */
export const ACTIVE: MongodbDocument = { v: { $gt: 0 } };
export const PENDING: MongodbDocument = { pending: { $gt: "" } };

export const bytesOfHex = (hex: string): Buffer => Buffer.from(hex, "hex");

/** What of a document a version brings with it, beside its number, the idle deadline and `sweepAt`. */
export function changingFields(record: SessionRecord): MongodbDocument {
  const { absoluteExpiresAt, handle } = record;
  return { endsAt: absoluteExpiresAt, handle, r: packRecord(record) };
}

export const sweepAtOf = ({ idleExpiresAt, absoluteExpiresAt }: SessionRecord): number =>
  Math.min(idleExpiresAt, absoluteExpiresAt);

/** Numbers may come in any of BSON's types, by who wrote them last. */
export function recordOf(document: MongodbDocument): SessionRecord {
  return unpackRecord(bytesOf(document.r), Number(document.v), Number(document.idleAt));
}

export function storedOf(document: MongodbDocument): StoredSession {
  return { key: keyOf(document), record: recordOf(document) };
}

export const keyOf = ({ _id }: MongodbDocument): string => bytesOf(_id).toString("hex");

/** @throws {SessionError} `HOLDFAST_STORE` if it is something else: not a document of this store. */
function bytesOf(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new SessionError(
    "HOLDFAST_STORE",
    "mongodbStore found a document without the bytes of a record; give the store collections of its own, and the driver mongodb 6 or newer",
  );
}
