/**
 * Between a session record and the bytes that a store keeps: all of it in one value, since a further
 * column or field costs each read up to a microsecond, except what stores compare and change by themselves.
 * @module
 */
import { SessionError } from "../errors.ts";
import type { RecordState, RetiredSecret, SessionRecord } from "./store.ts";

const LAYOUT = 1;

const HASH_BYTES = 32;
const HANDLE_BYTES = 15;
const INSTANT_BYTES = 6;
const WRITE_ID_BYTES = 8;
const RETIRED_BYTES = 1 + 2 * INSTANT_BYTES + HASH_BYTES;
const FIXED_BYTES = 13 + 4 * INSTANT_BYTES + HANDLE_BYTES + HASH_BYTES;

const HAS_SUBJECT = 1;
const HAS_SUCCESSOR = 2;
const IS_CONFIRMED = 4;
const IS_PRESENTED = 8;

const IS_GRACEFUL = 1;
const IS_CLOSED = 2;

/*
 * Layout 1 holds a record without `version` and `idleExpiresAt`, which change without the rest. Big-endian;
 * instants have 6 bytes, and are 0 where they are null. Scripts of `redis-scripts.ts` read the bits, the
 * absolute deadline, the handle and the subject key here:
 *   0       layout, 0x01
 *   1       format
 *   2–3     flags
 *   4       bit 0: subjectKey, bit 1: successor follows; bit 2: confirmedAt, bit 3: presentedAt is not null
 *   5       w, the number of write ids
 *   6       r, the number of retired secrets
 *   7–8     s, the length of the successor
 *   9–12    m, the length of the meta box
 *   13–18   createdAt
 *   19–24   absoluteExpiresAt
 *   25–30   confirmedAt
 *   31–36   presentedAt
 *   37–51   handle
 *   52–83   hash of the current secret
 *   84–     subjectKey, 32 bytes, if there is one
 *           w write ids of 8 bytes, newest first
 *           r retired secrets of 45 bytes, newest first:
 *             0       bit 0: graceful; bit 1: `until` is not null
 *             1–6     retiredAt
 *             7–12    until
 *             13–44   hash
 *           s bytes of successor
 *           m bytes of the meta box
 *           the data box, to the end
 */

/** @throws {RangeError} if a field does not fit its place: nothing else is stored instead. */
export function packRecord(record: SessionRecord): Buffer {
  const { subjectKey, writeIds, retired, successor, meta, data } = record;
  const bytes = Buffer.allocUnsafe(packedLength(record));
  bytes[0] = LAYOUT;
  bytes.writeUInt8(record.format, 1);
  bytes.writeUInt16BE(record.flags, 2);
  bytes[4] =
    (subjectKey === null ? 0 : HAS_SUBJECT) |
    (successor === null ? 0 : HAS_SUCCESSOR) |
    (record.confirmedAt === null ? 0 : IS_CONFIRMED) |
    (record.presentedAt === null ? 0 : IS_PRESENTED);
  bytes.writeUInt8(writeIds.length, 5);
  bytes.writeUInt8(retired.length, 6);
  bytes.writeUInt16BE(successor?.length ?? 0, 7);
  bytes.writeUInt32BE(meta.length, 9);
  bytes.writeUIntBE(record.createdAt, 13, INSTANT_BYTES);
  bytes.writeUIntBE(record.absoluteExpiresAt, 19, INSTANT_BYTES);
  bytes.writeUIntBE(record.confirmedAt ?? 0, 25, INSTANT_BYTES);
  bytes.writeUIntBE(record.presentedAt ?? 0, 31, INSTANT_BYTES);
  setText(bytes, "handle", record.handle, "base64url", 37, HANDLE_BYTES);
  setHash(bytes, record.secretHash, 52);
  let at = FIXED_BYTES;
  if (subjectKey !== null) {
    setText(bytes, "subject key", subjectKey, "hex", at, HASH_BYTES);
    at += HASH_BYTES;
  }
  for (const id of writeIds) {
    setText(bytes, "write id", id, "hex", at, WRITE_ID_BYTES);
    at += WRITE_ID_BYTES;
  }
  for (const { hash, kind, retiredAt, until } of retired) {
    bytes[at] = (kind === "graceful" ? IS_GRACEFUL : 0) | (until === null ? 0 : IS_CLOSED);
    bytes.writeUIntBE(retiredAt, at + 1, INSTANT_BYTES);
    bytes.writeUIntBE(until ?? 0, at + 7, INSTANT_BYTES);
    setHash(bytes, hash, at + 13);
    at += RETIRED_BYTES;
  }
  if (successor !== null) {
    bytes.set(successor, at);
    at += successor.length;
  }
  bytes.set(meta, at);
  bytes.set(data, at + meta.length);
  return bytes;
}

function packedLength({ subjectKey, writeIds, retired, successor, meta, data }: SessionRecord) {
  return (
    FIXED_BYTES +
    (subjectKey === null ? 0 : HASH_BYTES) +
    writeIds.length * WRITE_ID_BYTES +
    retired.length * RETIRED_BYTES +
    (successor?.length ?? 0) +
    meta.length +
    data.length
  );
}

function setText(
  bytes: Buffer,
  name: string,
  text: string,
  encoding: "hex" | "base64url",
  at: number,
  length: number,
): void {
  // Exactly as many characters as the bytes need: `write` would drop the rest, or stop at a wrong one.
  const characters = encoding === "hex" ? length * 2 : (length / 3) * 4;
  if (text.length !== characters || bytes.write(text, at, length, encoding) !== length) {
    throw new RangeError(`a ${name} must be ${characters} characters of ${encoding}`);
  }
}

function setHash(bytes: Uint8Array, hash: Uint8Array, at: number): void {
  if (hash.length !== HASH_BYTES) throw new RangeError("the hash of a secret must be 32 bytes");
  bytes.set(hash, at);
}

/**
 * The record that {@link packRecord} wrote; its byte fields share the memory of `packed`.
 *
 * @throws {SessionError} `HOLDFAST_STORE` if these are not the bytes of a record.
 */
export function unpackRecord(
  packed: Uint8Array,
  version: number,
  idleExpiresAt: number,
): SessionRecord {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  if (bytes[0] !== LAYOUT || bytes.length < FIXED_BYTES) throw unreadable();
  // By index: a pattern of an array walks an iterator.
  const bits = bytes[4] as number;
  const writeCount = bytes[5] as number;
  const retiredCount = bytes[6] as number;
  const has = (bit: number) => (bits & bit) !== 0;

  let at = FIXED_BYTES;
  const subjectKey = has(HAS_SUBJECT) ? bytes.toString("hex", at, at + HASH_BYTES) : null;
  if (subjectKey !== null) at += HASH_BYTES;
  // One conversion for all of them: they are read on a conflict only.
  const ids = bytes.toString("hex", at, at + writeCount * WRITE_ID_BYTES);
  const writeIds: string[] = [];
  for (let n = 0; n < writeCount; n++) writeIds.push(ids.slice(n * 16, n * 16 + 16));
  at += writeCount * WRITE_ID_BYTES;
  const retiredAt = at;
  at += retiredCount * RETIRED_BYTES;
  const successorEnd = at + bytes.readUInt16BE(7);
  const metaEnd = successorEnd + bytes.readUInt32BE(9);
  if (metaEnd > bytes.length) throw unreadable();

  return {
    format: bytes[1] as number,
    version,
    handle: bytes.toString("base64url", 37, 37 + HANDLE_BYTES),
    subjectKey,
    secretHash: bytes.subarray(52, FIXED_BYTES),
    confirmedAt: has(IS_CONFIRMED) ? bytes.readUIntBE(25, INSTANT_BYTES) : null,
    presentedAt: has(IS_PRESENTED) ? bytes.readUIntBE(31, INSTANT_BYTES) : null,
    retired: retiredCount === 0 ? [] : unpackRetired(bytes, retiredAt, retiredCount),
    successor: has(HAS_SUCCESSOR) ? bytes.subarray(at, successorEnd) : null,
    createdAt: bytes.readUIntBE(13, INSTANT_BYTES),
    absoluteExpiresAt: bytes.readUIntBE(19, INSTANT_BYTES),
    idleExpiresAt,
    flags: bytes.readUInt16BE(2),
    writeIds,
    meta: bytes.subarray(successorEnd, metaEnd),
    data: bytes.subarray(metaEnd),
  };
}

function unpackRetired(bytes: Buffer, from: number, count: number): RetiredSecret[] {
  return Array.from({ length: count }, (_, n) => {
    const at = from + n * RETIRED_BYTES;
    const bits = bytes[at] ?? 0;
    return {
      hash: bytes.subarray(at + 13, at + RETIRED_BYTES),
      kind: (bits & IS_GRACEFUL) === 0 ? "dead" : "graceful",
      retiredAt: bytes.readUIntBE(at + 1, INSTANT_BYTES),
      until: (bits & IS_CLOSED) === 0 ? null : bytes.readUIntBE(at + 7, INSTANT_BYTES),
    } as const;
  });
}

/** Bytes of a number in a value's head. */
export const VALUE_NUMBER_BYTES: number = INSTANT_BYTES;
const VERSION_AT = 1;
/** Where a value has its idle deadline. */
export const VALUE_IDLE_AT: number = VERSION_AT + VALUE_NUMBER_BYTES;
const HEAD_BYTES = VALUE_IDLE_AT + VALUE_NUMBER_BYTES;
/** Where a value has its absolute deadline. */
export const VALUE_ABSOLUTE_AT: number = HEAD_BYTES + 19;

/*
 * A whole record as the one value of a key-value store. Numbers are big-endian; what changes without the rest
 * comes first:
 *   0       layout, 0x01
 *   1–6     version
 *   7–12    idleExpiresAt
 *   13–     the record in layout 1
 */

/** @throws {RangeError} if a field does not fit its place. */
export function packValue(record: SessionRecord): Buffer {
  const packed = packRecord(record);
  const value = Buffer.allocUnsafe(HEAD_BYTES + packed.length);
  value[0] = LAYOUT;
  value.writeUIntBE(record.version, VERSION_AT, VALUE_NUMBER_BYTES);
  value.writeUIntBE(record.idleExpiresAt, VALUE_IDLE_AT, VALUE_NUMBER_BYTES);
  value.set(packed, HEAD_BYTES);
  return value;
}

/**
 * The record in a value; its byte fields share the value's memory.
 *
 * @throws {SessionError} `HOLDFAST_STORE` if these are not the bytes of a record.
 */
export function unpackValue(value: Buffer): SessionRecord {
  const { version, idleExpiresAt } = valueState(value);
  return unpackRecord(value.subarray(HEAD_BYTES), version, idleExpiresAt);
}

/** What a write compares. @throws {SessionError} `HOLDFAST_STORE` if these are not the bytes of a record. */
export function valueState(value: Buffer): RecordState {
  if (value[0] !== LAYOUT || value.length < VALUE_ABSOLUTE_AT + VALUE_NUMBER_BYTES) {
    throw unreadable();
  }
  return {
    version: value.readUIntBE(VERSION_AT, VALUE_NUMBER_BYTES),
    idleExpiresAt: value.readUIntBE(VALUE_IDLE_AT, VALUE_NUMBER_BYTES),
  };
}

function unreadable(): SessionError {
  return new SessionError(
    "HOLDFAST_STORE",
    "a record in the store has a layout that this release cannot read; was it written by a newer release, or by something else?",
  );
}
