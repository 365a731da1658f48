/**
 * Between a session record and what Redis keeps under its key: names of keys, and the bytes of a value.
 * @module
 */
import { SessionError } from "../errors.ts";
import type { SessionRecord, StoreKey, SubjectKey } from "./store.ts";
import { packRecord, unpackRecord } from "./store-bytes.ts";

const LAYOUT = 1;
const NUMBER_BYTES = 6;
const HEAD_BYTES = 1 + 2 * NUMBER_BYTES;
const BUCKET_CHARACTERS = 4;

/*
 * A session's value. Numbers are big-endian; scripts compare and change the head without the rest:
 *   0       layout, 0x01
 *   1–6     version
 *   7–12    idleExpiresAt
 *   13–     the record as store-bytes.ts packs it. Of this the scripts read
 *             17       bit 0: there is a subject key
 *             32–37    absoluteExpiresAt
 *             50–64    handle
 *             97–128   subject key
 */

export function packValue(record: SessionRecord): Buffer {
  const packed = packRecord(record);
  const value = Buffer.allocUnsafe(HEAD_BYTES + packed.length);
  value[0] = LAYOUT;
  value.writeUIntBE(record.version, 1, NUMBER_BYTES);
  value.writeUIntBE(record.idleExpiresAt, 1 + NUMBER_BYTES, NUMBER_BYTES);
  value.set(packed, HEAD_BYTES);
  return value;
}

/**
 * The record in a value, or `undefined` for no value; its byte fields share the value's memory.
 *
 * @throws {SessionError} `HOLDFAST_STORE` if these are not the bytes of a record.
 */
export function unpackValue(value: Buffer | null): SessionRecord | undefined {
  if (value === null) return undefined;
  if (value[0] !== LAYOUT || value.length < HEAD_BYTES) {
    throw new SessionError(
      "HOLDFAST_STORE",
      "a value in Redis has a layout that this release cannot read; was it written by a newer release, or by something else?",
    );
  }
  const idleExpiresAt = value.readUIntBE(1 + NUMBER_BYTES, NUMBER_BYTES);
  return unpackRecord(value.subarray(HEAD_BYTES), value.readUIntBE(1, NUMBER_BYTES), idleExpiresAt);
}

/** A version or an instant as the scripts compare it. */
export function numberBytes(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.length * NUMBER_BYTES);
  for (const [n, number] of numbers.entries()) {
    bytes.writeUIntBE(number, n * NUMBER_BYTES, NUMBER_BYTES);
  }
  return bytes;
}

/**
 * Names of the keys. The bucket is the hash tag (in braces): a session, its subject's index and checkpoint
 * lie in one slot of a cluster, and one script may touch them all.
 */
export interface RedisNames {
  session(key: StoreKey): string;
  index(subjectKey: SubjectKey): string;
  checkpoint(subjectKey: SubjectKey): string;
  /** What the names of the bucket's sessions begin with. */
  sessionsOf(bucket: string): string;
  /** The store key in the name of a session; `undefined` if it is the name of something else. */
  storeKeyOf(name: string): StoreKey | undefined;
  /** Patterns of SCAN: the sessions; and everything. */
  readonly allSessions: string;
  readonly everything: string;
}

export function bucketOf(key: StoreKey | SubjectKey): string {
  return key.slice(0, BUCKET_CHARACTERS);
}

/** @param prefix Free of braces and of characters that are special in a pattern of SCAN. */
export function redisNames(prefix: string): RedisNames {
  const open = `${prefix}{`;
  const ours = /^\{([0-9a-f]{4})\}s:([0-9a-f]{64})$/;
  return {
    session: (key) => `${open + key.slice(0, 4)}}s:${key.slice(4)}`,
    index: (subjectKey) => `${open + bucketOf(subjectKey)}}u:${subjectKey}`,
    checkpoint: (subjectKey) => `${open + bucketOf(subjectKey)}}c:${subjectKey}`,
    sessionsOf: (bucket) => `${open + bucket}}s:`,
    storeKeyOf(name) {
      const [, bucket, rest] = ours.exec(name.slice(prefix.length)) ?? [];
      return bucket === undefined || rest === undefined ? undefined : bucket + rest;
    },
    allSessions: `${open}*}s:*`,
    everything: `${open}*}[suc]:*`,
  };
}
