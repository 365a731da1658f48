/**
 * Between a session record and what Memcached keeps under its key: the bytes of a value, and when it expires.
 * @module
 */
import { SessionError } from "../errors.ts";
import { type RecordState, type SessionRecord, SWEEP_DELAY_SECONDS } from "./store.ts";
import { packRecord, unpackRecord } from "./store-bytes.ts";

const LAYOUT = 1;
const NUMBER_BYTES = 6;
const IDLE_AT = 1 + NUMBER_BYTES;
const HEAD_BYTES = IDLE_AT + NUMBER_BYTES;
/** Within the packed record, see store-bytes.ts. */
const ABSOLUTE_AT = HEAD_BYTES + 19;

/** What is not above this many seconds counts from now: an instant must be (protocol.txt, Expiration times). */
const LONGEST_RELATIVE_SECONDS = 60 * 60 * 24 * 30;

/*
 * A session's value. Numbers are big-endian; a renewal changes the head alone:
 *   0       layout, 0x01
 *   1–6     version
 *   7–12    idleExpiresAt
 *   13–     the record as store-bytes.ts packs it. Of this, a renewal reads
 *             32–37    absoluteExpiresAt
 */

export function packValue(record: SessionRecord): Buffer {
  const packed = packRecord(record);
  const value = Buffer.allocUnsafe(HEAD_BYTES + packed.length);
  value[0] = LAYOUT;
  value.writeUIntBE(record.version, 1, NUMBER_BYTES);
  value.writeUIntBE(record.idleExpiresAt, IDLE_AT, NUMBER_BYTES);
  value.set(packed, HEAD_BYTES);
  return value;
}

/**
 * The record in a value; its byte fields share the value's memory.
 *
 * @throws {SessionError} `HOLDFAST_STORE` if these are not the bytes of a record.
 */
export function unpackValue(value: Buffer): SessionRecord {
  const { version, idleExpiresAt } = stateOf(value);
  return unpackRecord(value.subarray(HEAD_BYTES), version, idleExpiresAt);
}

/**
 * What a write compares.
 *
 * @throws {SessionError} `HOLDFAST_STORE` if these are not the bytes of a record.
 */
export function stateOf(value: Buffer): RecordState {
  if (value[0] !== LAYOUT || value.length < ABSOLUTE_AT + NUMBER_BYTES) {
    throw new SessionError(
      "HOLDFAST_STORE",
      "a value in Memcached has a layout that this release cannot read; was it written by a newer release, or by something else?",
    );
  }
  return {
    version: value.readUIntBE(1, NUMBER_BYTES),
    idleExpiresAt: value.readUIntBE(IDLE_AT, NUMBER_BYTES),
  };
}

/** A copy of the value with another idle deadline. */
export function withIdle(value: Buffer, idleExpiresAt: number): Buffer {
  const copy = Buffer.from(value);
  copy.writeUIntBE(idleExpiresAt, IDLE_AT, NUMBER_BYTES);
  return copy;
}

/** When the server is to drop the value, in Unix epoch seconds: as late as a sweep would. */
export function expiryOf(value: Buffer): number {
  const absoluteExpiresAt = value.readUIntBE(ABSOLUTE_AT, NUMBER_BYTES);
  const endsAt = Math.min(stateOf(value).idleExpiresAt, absoluteExpiresAt);
  const seconds = Math.ceil(endsAt / 1000) + SWEEP_DELAY_SECONDS;
  return Math.max(seconds, LONGEST_RELATIVE_SECONDS + 1);
}
