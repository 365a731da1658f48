/**
 * Between a session record and a row of the MySQL and MariaDB store.
 * @module
 */
import { SessionError } from "../errors.ts";
import type { MysqlRow } from "./mysql-client.ts";
import type { SessionRecord, StoredSession } from "./store.ts";
import { unpackRecord } from "./store-bytes.ts";

export const ROW_COLUMNS = "version, idle_expires_at, record";

/** Numbers come as `number`, `string` or `bigint`, by the application's settings. */
export function recordOf({ version, idle_expires_at, record }: MysqlRow): SessionRecord {
  return unpackRecord(bytesOf(record), Number(version), Number(idle_expires_at));
}

export function storedOf(row: MysqlRow): StoredSession {
  return { key: bytesOf(row.session_key).toString("hex"), record: recordOf(row) };
}

/** @throws {SessionError} `HOLDFAST_STORE` if the client made something else of a binary column. */
export function bytesOf(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new SessionError(
    "HOLDFAST_STORE",
    "the pool of mysqlStore returns binary columns as something else than a Buffer; give the store a pool without type casts of your own",
  );
}
