/**
 * Between a session record and a row of the SQLite store.
 * @module
 */
import type { RetiredSecret, SessionRecord } from "./store.ts";

/** What clients return: `better-sqlite3` a Buffer, `node:sqlite` a Uint8Array, libsql's `all` an ArrayBuffer. */
type Blob = Uint8Array | ArrayBuffer;

/** Numbers come as `bigint` where the application asked its client for that. */
type Integer = number | bigint;

/** A row as {@link ROW_COLUMNS} selects it. */
export interface SessionRow {
  readonly version: Integer;
  readonly idleExpiresAt: Integer;
  readonly absoluteExpiresAt: Integer;
  readonly createdAt: Integer;
  readonly format: Integer;
  readonly flags: Integer;
  readonly handle: string;
  readonly subject: string | null;
  readonly secrets: Blob;
  readonly meta: Blob;
  readonly data: Blob;
}

// `hex(NULL)` is the empty string, hence the `nullif`.
export const ROW_COLUMNS = `version, idleExpiresAt, absoluteExpiresAt, createdAt, format, flags, handle,
  nullif(lower(hex(subjectKey)), '') AS subject, secrets, meta, data`;

export function recordOf(row: SessionRow): SessionRecord {
  return {
    format: Number(row.format),
    version: Number(row.version),
    handle: row.handle,
    subjectKey: row.subject,
    ...unpackSecrets(bytesOf(row.secrets)),
    createdAt: Number(row.createdAt),
    absoluteExpiresAt: Number(row.absoluteExpiresAt),
    idleExpiresAt: Number(row.idleExpiresAt),
    flags: Number(row.flags),
    meta: bytesOf(row.meta),
    data: bytesOf(row.data),
  };
}

function bytesOf(blob: Blob): Uint8Array {
  return blob instanceof Uint8Array ? blob : new Uint8Array(blob);
}

const WRITE_ID_BYTES = 8;
const HASH_BYTES = 32;
const INSTANT_BYTES = 6;
const RETIRED_BYTES = 1 + 2 * INSTANT_BYTES + HASH_BYTES;
const HEADER_BYTES = 3 + 2 * INSTANT_BYTES + HASH_BYTES;

const HAS_SUCCESSOR = 1;
const IS_CONFIRMED = 2;
const IS_PRESENTED = 4;

const IS_GRACEFUL = 1;
const IS_CLOSED = 2;

/*
 * What a record knows of its secrets and last writes, in one BLOB, since each further column costs a
 * read half a microsecond to one. Big-endian; instants have 6 bytes, and are 0 where they are null:
 *   0       w, the number of write ids
 *   1       r, the number of retired secrets
 *   2       bit 0: a successor follows; bit 1: confirmedAt is not null; bit 2: presentedAt is not null
 *   3–8     confirmedAt
 *   9–14    presentedAt
 *   15–46   hash of the current secret
 *   47–     w write ids of 8 bytes, newest first
 *           r retired secrets of 45 bytes, newest first:
 *             0       bit 0: graceful; bit 1: `until` is not null
 *             1–6     retiredAt
 *             7–12    until
 *             13–44   hash
 *           the successor, to the end
 */
export function packSecrets(record: SessionRecord): Uint8Array {
  const { writeIds, retired, successor, confirmedAt, presentedAt, secretHash } = record;
  const fixedBytes =
    HEADER_BYTES + writeIds.length * WRITE_ID_BYTES + retired.length * RETIRED_BYTES;
  const bytes = Buffer.alloc(fixedBytes + (successor?.length ?? 0));
  bytes[0] = writeIds.length;
  bytes[1] = retired.length;
  bytes[2] =
    (successor === null ? 0 : HAS_SUCCESSOR) |
    (confirmedAt === null ? 0 : IS_CONFIRMED) |
    (presentedAt === null ? 0 : IS_PRESENTED);
  bytes.writeUIntBE(confirmedAt ?? 0, 3, INSTANT_BYTES);
  bytes.writeUIntBE(presentedAt ?? 0, 9, INSTANT_BYTES);
  setHash(bytes, secretHash, 15);
  let at = HEADER_BYTES;
  for (const id of writeIds) {
    if (bytes.write(id, at, WRITE_ID_BYTES, "hex") !== WRITE_ID_BYTES) {
      throw new RangeError("a write id must be 16 hex digits");
    }
    at += WRITE_ID_BYTES;
  }
  for (const { hash, kind, retiredAt, until } of retired) {
    bytes[at] = (kind === "graceful" ? IS_GRACEFUL : 0) | (until === null ? 0 : IS_CLOSED);
    bytes.writeUIntBE(retiredAt, at + 1, INSTANT_BYTES);
    bytes.writeUIntBE(until ?? 0, at + 7, INSTANT_BYTES);
    setHash(bytes, hash, at + 13);
    at += RETIRED_BYTES;
  }
  if (successor !== null) bytes.set(successor, at);
  return bytes;
}

function setHash(bytes: Uint8Array, hash: Uint8Array, at: number): void {
  if (hash.length !== HASH_BYTES) throw new RangeError("the hash of a secret must be 32 bytes");
  bytes.set(hash, at);
}

type Secrets = Pick<
  SessionRecord,
  "secretHash" | "confirmedAt" | "presentedAt" | "writeIds" | "retired" | "successor"
>;

function unpackSecrets(packed: Uint8Array): Secrets {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const [writeCount = 0, retiredCount = 0, bits = 0] = bytes;
  let at = HEADER_BYTES;
  const writeIds: string[] = [];
  for (let left = writeCount; left > 0; left -= 1) {
    writeIds.push(bytes.toString("hex", at, at + WRITE_ID_BYTES));
    at += WRITE_ID_BYTES;
  }
  const retired: RetiredSecret[] = [];
  for (let left = retiredCount; left > 0; left -= 1) {
    const retiredBits = bytes[at] ?? 0;
    retired.push({
      hash: bytes.subarray(at + 13, at + RETIRED_BYTES),
      kind: (retiredBits & IS_GRACEFUL) === 0 ? "dead" : "graceful",
      retiredAt: bytes.readUIntBE(at + 1, INSTANT_BYTES),
      until: (retiredBits & IS_CLOSED) === 0 ? null : bytes.readUIntBE(at + 7, INSTANT_BYTES),
    });
    at += RETIRED_BYTES;
  }
  return {
    secretHash: bytes.subarray(15, HEADER_BYTES),
    confirmedAt: (bits & IS_CONFIRMED) === 0 ? null : bytes.readUIntBE(3, INSTANT_BYTES),
    presentedAt: (bits & IS_PRESENTED) === 0 ? null : bytes.readUIntBE(9, INSTANT_BYTES),
    writeIds,
    retired,
    successor: (bits & HAS_SUCCESSOR) === 0 ? null : bytes.subarray(at),
  };
}
