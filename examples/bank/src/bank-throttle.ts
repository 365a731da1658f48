/**
 * Slows the guessing of passwords. The counts are in the bank's own database, under names that are none.
 * @module
 */
import { type SignInThrottle, signInThrottle, type ThrottlePolicy } from "holdfast/throttle";
import { RateLimiterSQLite } from "rate-limiter-flexible";
import { type Database, transaction } from "./database.ts";

const TABLE = "signInAttempts";

export function bankThrottle(database: Database, policy?: ThrottlePolicy): SignInThrottle {
  database.exec(`
    CREATE TABLE IF NOT EXISTS ${TABLE} (
      key TEXT PRIMARY KEY,
      points INTEGER NOT NULL DEFAULT 0,
      expire INTEGER
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ${TABLE}Expire ON ${TABLE} (expire);
  `);
  // Those of the last run that are over; while it runs, their names are used again.
  database.prepare(`DELETE FROM ${TABLE} WHERE expire < ?`).run(Date.now());
  const storeClient = {
    prepare: (sql: string) => database.prepare(sql),
    transaction: (step: () => unknown) => () => transaction(database, step),
  };
  const table = { tableName: TABLE, tableCreated: true, clearExpiredByTimeout: false };
  return signInThrottle({
    limiter: (options) =>
      new RateLimiterSQLite({ storeClient, storeType: "better-sqlite3", ...table, ...options }),
    ...(policy && { policy }),
  });
}
