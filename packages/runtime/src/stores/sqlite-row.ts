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
  readonly confirmedAt: Integer | null;
  readonly presentedAt: Integer | null;
  readonly format: Integer;
  readonly flags: Integer;
  readonly handle: string;
  readonly subject: string | null;
  readonly secretHash: Blob;
  readonly history: Blob;
  readonly meta: Blob;
  readonly data: Blob;
}

// `hex(NULL)` is the empty string, hence the `nullif`.
export const ROW_COLUMNS = `version, idleExpiresAt, absoluteExpiresAt, createdAt, confirmedAt,
  presentedAt, format, flags, handle, nullif(lower(hex(subjectKey)), '') AS subject, secretHash,
  history, meta, data`;

export function recordOf(row: SessionRow): SessionRecord {
  return {
    format: Number(row.format),
    version: Number(row.version),
    handle: row.handle,
    subjectKey: row.subject,
    secretHash: bytesOf(row.secretHash),
    confirmedAt: row.confirmedAt === null ? null : Number(row.confirmedAt),
    presentedAt: row.presentedAt === null ? null : Number(row.presentedAt),
    ...unpackHistory(bytesOf(row.history)),
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

const HEADER_BYTES = 3;
const WRITE_ID_BYTES = 8;
const HASH_BYTES = 32;
const INSTANT_BYTES = 6;
const RETIRED_BYTES = 1 + HASH_BYTES + 2 * INSTANT_BYTES;

const GRACEFUL = 1;
const CLOSED = 2;

/*
 * What a record remembers of earlier secrets and writes, in one BLOB, since each further column costs
 * a read about a microsecond. Big-endian:
 *   0       w, the number of write ids
 *   1       r, the number of retired secrets
 *   2       1 if a successor follows, else 0
 *   3–      w write ids of 8 bytes, newest first
 *           r retired secrets of 45 bytes, newest first:
 *             0       bit 0: graceful; bit 1: `until` is not null
 *             1–32    hash
 *             33–38   retiredAt
 *             39–44   until, or 0
 *           the successor, to the end
 */
export function packHistory(record: SessionRecord): Uint8Array {
  const { writeIds, retired, successor } = record;
  const fixedBytes =
    HEADER_BYTES + writeIds.length * WRITE_ID_BYTES + retired.length * RETIRED_BYTES;
  const bytes = Buffer.alloc(fixedBytes + (successor?.length ?? 0));
  bytes[0] = writeIds.length;
  bytes[1] = retired.length;
  bytes[2] = successor === null ? 0 : 1;
  let at = HEADER_BYTES;
  for (const id of writeIds) {
    if (bytes.write(id, at, WRITE_ID_BYTES, "hex") !== WRITE_ID_BYTES) {
      throw new RangeError("a write id must be 16 hex digits");
    }
    at += WRITE_ID_BYTES;
  }
  for (const { hash, kind, retiredAt, until } of retired) {
    if (hash.length !== HASH_BYTES)
      throw new RangeError("a retired secret's hash must be 32 bytes");
    bytes[at] = (kind === "graceful" ? GRACEFUL : 0) | (until === null ? 0 : CLOSED);
    bytes.set(hash, at + 1);
    bytes.writeUIntBE(retiredAt, at + 1 + HASH_BYTES, INSTANT_BYTES);
    bytes.writeUIntBE(until ?? 0, at + 1 + HASH_BYTES + INSTANT_BYTES, INSTANT_BYTES);
    at += RETIRED_BYTES;
  }
  if (successor !== null) bytes.set(successor, at);
  return bytes;
}

function unpackHistory(
  packed: Uint8Array,
): Pick<SessionRecord, "writeIds" | "retired" | "successor"> {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const [writeCount = 0, retiredCount = 0, hasSuccessor = 0] = bytes;
  let at = HEADER_BYTES;
  const writeIds: string[] = [];
  for (let left = writeCount; left > 0; left -= 1) {
    writeIds.push(bytes.toString("hex", at, at + WRITE_ID_BYTES));
    at += WRITE_ID_BYTES;
  }
  const retired: RetiredSecret[] = [];
  for (let left = retiredCount; left > 0; left -= 1) {
    const bits = bytes[at] ?? 0;
    const retiredAt = bytes.readUIntBE(at + 1 + HASH_BYTES, INSTANT_BYTES);
    const until = bytes.readUIntBE(at + 1 + HASH_BYTES + INSTANT_BYTES, INSTANT_BYTES);
    retired.push({
      hash: bytes.subarray(at + 1, at + 1 + HASH_BYTES),
      kind: (bits & GRACEFUL) === 0 ? "dead" : "graceful",
      retiredAt,
      until: (bits & CLOSED) === 0 ? null : until,
    });
    at += RETIRED_BYTES;
  }
  return { writeIds, retired, successor: hasSuccessor === 0 ? null : bytes.subarray(at) };
}
