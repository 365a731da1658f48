/**
 * Between a session record and a row of the SQLite store.
 * @module
 */

import type { SessionRecord } from "./store.ts";
import { unpackRecord } from "./store-bytes.ts";

/** What clients return: `better-sqlite3` a Buffer, `node:sqlite` a Uint8Array, libsql's `all` an ArrayBuffer. */
type Blob = Uint8Array | ArrayBuffer;

/** Numbers come as `bigint` where the application asked its client for that. */
type Integer = number | bigint;

/** A row as {@link ROW_COLUMNS} selects it. */
export interface SessionRow {
  readonly version: Integer;
  readonly idleExpiresAt: Integer;
  readonly record: Blob;
}

export const ROW_COLUMNS = "version, idleExpiresAt, record";

export function recordOf({ version, idleExpiresAt, record }: SessionRow): SessionRecord {
  const bytes = record instanceof Uint8Array ? record : new Uint8Array(record);
  return unpackRecord(bytes, Number(version), Number(idleExpiresAt));
}
