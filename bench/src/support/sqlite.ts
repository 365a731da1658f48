/**
 * SQLite files of this workspace, in folders that end with their process.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";

/** The libsql client: the same prebuilt binary from Node 20 on. */
export type SqliteClient = Database.Database;

export function openSqlite(file: string): SqliteClient {
  return new Database(file);
}

/** A folder of its own under the system's temporary one. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
