/**
 * Fills a store with sessions that nobody will present: what a service that has run for a while holds.
 * @module
 */
import { randomBytes } from "node:crypto";
import { sqliteStore } from "holdfast/stores/sqlite";
import { RECORD_FORMAT, type SessionRecord } from "holdfast/stores/store";
import type { SqliteClient } from "./sqlite.ts";

const META_BYTES = 250;
const DATA_BYTES = 1100;
const HOUR_MS = 3_600_000;

/**
 * Adds `count` signed-in sessions of about 1.5 KB each: the store writes one, and SQLite copies it under
 * other keys, handles and accounts.
 *
 * @param endsAt When each ends, in Unix epoch milliseconds; its absolute end comes eleven hours later.
 */
export async function fillSessions(db: SqliteClient, count: number, endsAt: number): Promise<void> {
  const store = sqliteStore(db);
  if (count > 0) {
    const record = madeUpRecord(endsAt);
    const key = `${record.subjectKey?.slice(0, 4)}${randomBytes(32).toString("hex")}`;
    await store.create(key, record, { now: record.createdAt });
    db.exec(`
      INSERT INTO sessions (key, version, idleExpiresAt, absoluteExpiresAt, sweepAt, handle, subjectKey, record)
      WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
      SELECT randomblob(34), version, idleExpiresAt, absoluteExpiresAt, sweepAt, lower(hex(randomblob(10))),
        randomblob(32), record
      FROM sessions, numbers WHERE key = unhex('${key}') AND n <= ${count}`);
  }
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}

function madeUpRecord(idleExpiresAt: number): SessionRecord {
  const createdAt = idleExpiresAt - HOUR_MS;
  return {
    format: RECORD_FORMAT,
    version: 1,
    handle: randomBytes(15).toString("base64url"),
    subjectKey: randomBytes(32).toString("hex"),
    secretHash: randomBytes(32),
    confirmedAt: createdAt,
    presentedAt: createdAt,
    retired: [],
    successor: null,
    createdAt,
    absoluteExpiresAt: createdAt + 12 * HOUR_MS,
    idleExpiresAt,
    flags: 0,
    writeIds: [randomBytes(8).toString("hex")],
    meta: randomBytes(META_BYTES),
    data: randomBytes(DATA_BYTES),
  };
}
