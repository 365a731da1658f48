/**
 * Opens SQLite: `node:sqlite` where Node brings it (22.13 and later), libsql on Node 20.
 * The bank needs no more of either than the session store does.
 * @module
 */
import { createRequire } from "node:module";
import type { SqliteDatabase } from "holdfast/stores/sqlite";

export interface Database extends SqliteDatabase {
  close(): unknown;
}

type DatabaseConstructor = new (path: string) => Database;

/** @param path A file, created if missing, or `:memory:`. */
export function openDatabase(path: string): Database {
  const builtin: unknown = process.getBuiltinModule?.("node:sqlite");
  if (builtin !== undefined) {
    const { DatabaseSync } = builtin as { readonly DatabaseSync: DatabaseConstructor };
    return new DatabaseSync(path);
  }
  // Loaded only where it is needed: Node 22 and later have no use for its native binary.
  const require = createRequire(import.meta.url);
  const Libsql = require("libsql") as DatabaseConstructor;
  return new Libsql(path);
}

/** All of the step or nothing of it. The step is synchronous: nothing else runs in between. */
export function transaction<T>(database: Database, step: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = step();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
