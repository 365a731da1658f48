/**
 * The SQLite store's tables, and the connection settings they rely on. Knows nothing of what is in a row.
 * @module
 */
import { optionError, SessionError } from "../errors.ts";
import { isBusy } from "./sqlite-busy.ts";

/** The part of a prepared statement that the store calls. */
export interface SqliteStatement {
  all(...values: (string | number | Uint8Array | null)[]): unknown[];
  get(...values: (string | number | Uint8Array | null)[]): unknown;
  run(...values: (string | number | Uint8Array | null)[]): { readonly changes: number | bigint };
}

/** The part of a client's database object that the store calls: better-sqlite3, libsql, `node:sqlite`. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}

/** The names of the store's tables, quoted. */
export interface SqliteTables {
  readonly sessions: string;
  readonly checkpoints: string;
}

/** What the store needs to know of the file behind the connection. */
export interface SqliteFile {
  /** There is no file: the database lives and ends with its connection. */
  readonly inMemory: boolean;
  /** Setting for writes whose loss in a power failure would harm nobody. */
  readonly ordinarySync: "NORMAL" | "FULL";
}

/**
 * Written to `<table>_meta`; `PRAGMA user_version` belongs to the application. Later versions only add
 * columns with a default, so that this release goes on working beside them.
 */
const SCHEMA_VERSION = 1;

// Names are pasted into SQL, which has no placeholder for identifiers.
const TABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

// A start-up may wait for another process that is setting up the same file; a request may not.
const SETUP_WAIT_MS = 5000;
const BUSY_TIMEOUT_MS = 2;

// A checkpoint copies this many pages of 4 KB into the file and waits for the disk, in the event loop:
// SQLite's default of 1000 stalls it for 25 ms and more on a cloud disk, 100 for about 4 ms.
const CHECKPOINT_PAGES = 100;

/*
 * Columns hold what statements search, compare or change; `record` holds all the rest, and for searching's
 * sake some of it again. `sweepAt` is when a sweep should next look at the row: never later than the earlier
 * deadline, and left behind by renewals, so that a renewal writes one page and no index. A sweep that finds
 * the row alive moves it up. The row id keeps rows in order of creation: those that die together lie together.
 */
const SESSION_COLUMNS = {
  id: "INTEGER PRIMARY KEY",
  key: "BLOB NOT NULL UNIQUE",
  version: "INTEGER NOT NULL",
  idleExpiresAt: "INTEGER NOT NULL",
  absoluteExpiresAt: "INTEGER NOT NULL",
  sweepAt: "INTEGER NOT NULL",
  handle: "TEXT NOT NULL",
  subjectKey: "BLOB",
  record: "BLOB NOT NULL",
} as const;

/** @throws {SessionError} `HOLDFAST_OPTION` if the name cannot be pasted into SQL. */
export function tableNames(table: string): SqliteTables {
  if (!TABLE_NAME.test(table) || /^sqlite_/i.test(table)) {
    throw optionError("table", "must be 1 to 63 letters, digits and _, and not begin with sqlite_");
  }
  return { sessions: `"${table}"`, checkpoints: `"${table}_checkpoints"` };
}

/**
 * Sets the connection up and creates what is missing. Blocks for up to five seconds while another
 * process does the same.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` if the table is somebody else's; `HOLDFAST_STORE` if the
 *   file cannot be used.
 */
export function openTables(db: SqliteDatabase, table: string): SqliteFile {
  try {
    db.exec(`PRAGMA busy_timeout = ${SETUP_WAIT_MS}`);
    const file = waitWhileBusy(() => useWriteAheadLog(db));
    waitWhileBusy(() => createTables(db, table));
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return file;
  } catch (cause) {
    if (cause instanceof SessionError) throw cause;
    throw new SessionError(
      "HOLDFAST_STORE",
      "sqliteStore cannot use this database; it needs a writable SQLite file on a local disk and SQLite 3.41 or later",
      {},
      { cause },
    );
  }
}

function useWriteAheadLog(db: SqliteDatabase): SqliteFile {
  const databases = db.prepare("PRAGMA database_list").all() as { name: string; file: string }[];
  const inMemory = !databases.find(({ name }) => name === "main")?.file;
  const { journal_mode: mode } = db.prepare("PRAGMA journal_mode = WAL").get() as {
    journal_mode: string;
  };
  // Outside WAL mode, NORMAL can corrupt the file in a power failure.
  // https://www.sqlite.org/pragma.html#pragma_synchronous
  const ordinarySync = mode === "wal" ? "NORMAL" : "FULL";
  db.exec(`PRAGMA synchronous = ${ordinarySync}`);
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  return { inMemory, ordinarySync };
}

function createTables(db: SqliteDatabase, table: string): void {
  const { sessions, checkpoints } = tableNames(table);
  const meta = `"${table}_meta"`;
  db.exec("BEGIN IMMEDIATE");
  try {
    const exists = db.prepare("SELECT 1 AS found FROM sqlite_master WHERE name = ? COLLATE NOCASE");
    if (exists.get(table) === undefined) {
      const columns = Object.entries(SESSION_COLUMNS).map(([name, type]) => `${name} ${type}`);
      db.exec(`
        CREATE TABLE ${sessions} (${columns.join(", ")}) STRICT;
        CREATE INDEX "${table}_subject" ON ${sessions} (subjectKey) WHERE subjectKey IS NOT NULL;
        CREATE INDEX "${table}_sweep" ON ${sessions} (sweepAt);
        CREATE TABLE ${checkpoints} (subjectKey BLOB PRIMARY KEY, value TEXT NOT NULL,
          usedAt INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX "${table}_checkpoints_used" ON ${checkpoints} (usedAt);
        CREATE TABLE ${meta} (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO ${meta} VALUES ('schema', ${SCHEMA_VERSION});
      `);
    } else if (exists.get(`${table}_meta`) === undefined || lacksColumns(db, sessions)) {
      throw optionError(
        "table",
        `names a table that sqliteStore did not make, or whose columns were changed; choose another name than ${sessions} or remove that table`,
      );
    }
    db.exec("COMMIT");
  } catch (error) {
    rollback(db);
    throw error;
  }
}

function lacksColumns(db: SqliteDatabase, sessions: string): boolean {
  const found = db.prepare(`PRAGMA table_info(${sessions})`).all() as {
    name: string;
    type: string;
  }[];
  return Object.entries(SESSION_COLUMNS).some(
    ([name, type]) => !found.some((column) => column.name === name && type.startsWith(column.type)),
  );
}

/** Ends a transaction that failed; what made it fail is the error that matters. */
export function rollback(db: SqliteDatabase): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // A full disk and some I/O errors end the transaction by themselves; the caller reports the cause.
  }
}

function waitWhileBusy<T>(step: () => T): T {
  const giveUpAt = performance.now() + SETUP_WAIT_MS;
  for (;;) {
    try {
      return step();
    } catch (error) {
      // Switching to WAL does not wait for `busy_timeout` while another process switches too.
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
