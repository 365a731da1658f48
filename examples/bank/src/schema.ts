/**
 * The bank's own tables. Holdfast's lie beside them in the same file and are none of our business.
 * @module
 */
import type { Database } from "./database.ts";

export function createTables(database: Database): void {
  database.exec(`
    PRAGMA busy_timeout = 2000;
    PRAGMA foreign_keys = ON;
    CREATE TABLE IF NOT EXISTS customers (
      id INTEGER PRIMARY KEY,
      login TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      email TEXT NOT NULL,
      role TEXT NOT NULL CHECK (role IN ('customer', 'auditor', 'administrator')),
      passwordHash TEXT NOT NULL,
      isDisabled INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE IF NOT EXISTS accounts (
      id INTEGER PRIMARY KEY,
      customerId INTEGER NOT NULL REFERENCES customers,
      name TEXT NOT NULL,
      number TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE IF NOT EXISTS transfers (
      id TEXT PRIMARY KEY,
      fromAccountId INTEGER REFERENCES accounts,
      toAccountId INTEGER REFERENCES accounts,
      counterparty TEXT,
      amountCents INTEGER NOT NULL CHECK (amountCents > 0),
      reference TEXT NOT NULL,
      madeAt INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS transfersFrom ON transfers (fromAccountId);
    CREATE INDEX IF NOT EXISTS transfersTo ON transfers (toAccountId);
  `);
}
