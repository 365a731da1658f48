/**
 * Between a session record and what Redis keeps under its key: names of keys, and what scripts see.
 * @module
 */
import type { SessionRecord, StoreKey, SubjectKey } from "./store.ts";
import { unpackValue, VALUE_NUMBER_BYTES } from "./store-bytes.ts";

const BUCKET_CHARACTERS = 4;

/*
 * A session's value is that of store-bytes.ts. Scripts compare and change its head without the rest, and read:
 *   17       bit 0: there is a subject key
 *   32–37    absoluteExpiresAt
 *   50–64    handle
 *   97–128   subject key
 */

/**
 * The record in a value, or `undefined` for no value.
 *
 * @throws {SessionError} `HOLDFAST_STORE` if these are not the bytes of a record.
 */
export function recordIn(value: Buffer | null): SessionRecord | undefined {
  return value === null ? undefined : unpackValue(value);
}

/** A version or an instant as the scripts compare it. */
export function numberBytes(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.length * VALUE_NUMBER_BYTES);
  for (const [n, number] of numbers.entries()) {
    bytes.writeUIntBE(number, n * VALUE_NUMBER_BYTES, VALUE_NUMBER_BYTES);
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
