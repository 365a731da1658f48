/** What the SQLite store promises beyond the contract: set-up, locks and what reaches the disk. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, describe, expect, it } from "vitest";
import { sampleNow, sampleSession, sampleSubject } from "../testing/index.ts";
import { type SqliteDatabase, sqliteStore } from "./sqlite.ts";
import type { SessionStore } from "./store.ts";

const now = sampleNow;
const folder = mkdtempSync(join(tmpdir(), "holdfast-sqlite-"));
let files = 0;
afterAll(() => rmSync(folder, { recursive: true }));

function freshFile(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

const get = (db: SqliteDatabase, sql: string) => db.prepare(sql).get() as Record<string, unknown>;

describe("sqliteStore", () => {
  it("says what a database without a file cannot do", () => {
    const inMemory = sqliteStore(new Database(":memory:")).traits;
    expect(inMemory).toMatchObject({ shared: "process", durable: false });
    const inFile = sqliteStore(new Database(freshFile())).traits;
    expect(inFile).toMatchObject({ shared: "machine", durable: true });
  });

  it("answers with values while nobody else holds the file", () => {
    const store = sqliteStore(new Database(freshFile()));
    const { key, record } = sampleSession(1, { subjectKey: sampleSubject(1) });
    expect(store.create(key, record, { now })).toBe("created");
    expect(store.get(key)).toMatchObject({ handle: record.handle });
    expect(store.delete(key)).toBe(true);
  });

  it("waits for another connection's transaction without blocking, and then goes on", async () => {
    const path = freshFile();
    const store = sqliteStore(new Database(path));
    const other = new Database(path);
    const { key, record } = sampleSession(1, { subjectKey: sampleSubject(1) });
    other.exec("BEGIN IMMEDIATE");
    const created = store.create(key, record, { now });
    const checkpoint = store.checkpoint(sampleSubject(1), now);
    expect(created).toBeInstanceOf(Promise);
    expect(store.get(key)).toBeUndefined();
    other.exec("COMMIT");
    expect(await created).toBe("created");
    expect(await checkpoint).toBe(await store.checkpoint(sampleSubject(1), now));
    const removed = await store.deleteSubject(sampleSubject(1));
    expect(removed).toEqual([{ key, handle: record.handle }]);
  });

  // CWE-613: libsql leaves a busy statement open, and with it the connection reads an old state for good.
  const { key, record } = sampleSession(1, { subjectKey: sampleSubject(1) });
  const writes: Readonly<Record<string, (store: SessionStore) => unknown>> = {
    create: (store) => store.create(sampleSession(2).key, sampleSession(2).record, { now }),
    put: (store) => store.put(key, { ...record, version: 2 }),
    touch: (store) => store.touch(key, 1, record.idleExpiresAt + 1),
    delete: (store) => store.delete(sampleSession(3).key),
    deleteSubject: (store) => store.deleteSubject(sampleSubject(2)),
    checkpoint: (store) => store.checkpoint(sampleSubject(2), now),
    deleteAll: (store) => store.deleteAll(),
    sweep: (store) => store.sweep(now, 10),
  };
  for (const [name, write] of Object.entries(writes)) {
    it(`sees a sign-out by another process at once, also after ${name} found the file busy`, async () => {
      const path = freshFile();
      const [ours, other] = [new Database(path), new Database(path)];
      const store = sqliteStore(ours);
      await store.create(key, record, { now });
      other.exec("BEGIN IMMEDIATE");
      const written = write(store);
      expect(written).toBeInstanceOf(Promise);
      expect(await store.get(key)).toBeDefined();
      other.prepare("DELETE FROM sessions WHERE key = unhex(?)").run(key);
      other.exec("COMMIT");
      expect(await store.get(key)).toBeUndefined();
      await written;
      expect(await store.create(key, record, { now })).toBe("created");
    });
  }

  it("waits for the disk when it signs out or revokes, and only then", () => {
    const client = new Database(freshFile());
    const statements: string[] = [];
    const store = sqliteStore({
      exec(sql) {
        statements.push(sql);
        return client.exec(sql);
      },
      prepare: (sql) => client.prepare(sql),
    });
    expect(get(client, "PRAGMA journal_mode")).toMatchObject({ journal_mode: "wal" });
    const subjectKey = sampleSubject(1);
    const [one, two] = [sampleSession(1, { subjectKey }), sampleSession(2, { subjectKey })];
    const waits = (call: () => unknown): boolean => {
      statements.length = 0;
      call();
      expect(get(client, "PRAGMA synchronous"), "set back to NORMAL").toMatchObject({
        synchronous: 1,
      });
      return statements.includes("PRAGMA synchronous = FULL");
    };
    expect(waits(() => store.create(one.key, one.record, { now }))).toBe(false);
    expect(waits(() => store.put(one.key, { ...one.record, version: 2 }))).toBe(false);
    expect(waits(() => store.touch(one.key, 2, now))).toBe(false);
    expect(waits(() => store.sweep(now, 10))).toBe(false);
    expect(waits(() => store.create(two.key, two.record, { now, replaces: one.key }))).toBe(true);
    expect(waits(() => store.delete(two.key))).toBe(true);
    expect(waits(() => store.deleteSubject(subjectKey))).toBe(true);
    expect(waits(() => store.deleteAll())).toBe(true);
  });

  it("leaves no transaction open behind an error", () => {
    const client = new Database(freshFile());
    const store = sqliteStore(client);
    client.exec(`CREATE TRIGGER refuse BEFORE INSERT ON sessions
      BEGIN SELECT RAISE(ABORT, 'refused by a trigger'); END`);
    const { key, record } = sampleSession(1);
    const old = sampleSession(2).key;
    expect(() => store.create(key, record, { now, replaces: old })).toThrow(/refused by a trigger/);
    client.exec("DROP TRIGGER refuse");
    expect(store.create(key, record, { now, replaces: old })).toBe("created");
  });

  it("takes its own tables up again, and keeps two tables apart", () => {
    const path = freshFile();
    const { key, record } = sampleSession(1);
    sqliteStore(new Database(path), { table: "order" }).create(key, record, { now });
    expect(sqliteStore(new Database(path), { table: "order" }).get(key)).toBeDefined();
    expect(sqliteStore(new Database(path)).get(key)).toBeUndefined();
  });

  it("works beside the columns of a newer release", () => {
    const client = new Database(freshFile());
    sqliteStore(client);
    client.exec("ALTER TABLE sessions ADD COLUMN added INTEGER NOT NULL DEFAULT 7");
    client.exec("UPDATE sessions_meta SET value = 2");
    const store = sqliteStore(client);
    const { key, record } = sampleSession(1);
    expect(store.create(key, record, { now })).toBe("created");
    expect(store.put(key, { ...record, version: 2 })).toBe(true);
    expect(store.get(key)).not.toHaveProperty("added");
  });

  it("leaves the application's user_version alone", () => {
    const client = new Database(freshFile());
    client.exec("PRAGMA user_version = 41");
    sqliteStore(client);
    expect(get(client, "PRAGMA user_version")).toMatchObject({ user_version: 41 });
  });

  it("refuses a table that is somebody else's", () => {
    const foreign = new Database(freshFile());
    foreign.exec("CREATE TABLE sessions (id TEXT PRIMARY KEY, data TEXT)");
    expect(() => sqliteStore(foreign)).toThrow(
      /"table" names a table that sqliteStore did not make/,
    );
    expect(
      get(foreign, "SELECT count(*) AS n FROM sqlite_master WHERE name LIKE 'sessions_%'"),
    ).toMatchObject({ n: 0 });
  });

  it("refuses its own table without one of its columns", () => {
    const client = new Database(freshFile());
    sqliteStore(client);
    client.exec("ALTER TABLE sessions DROP COLUMN handle");
    expect(() => sqliteStore(client)).toThrow(
      expect.objectContaining({ code: "HOLDFAST_OPTION", details: { option: "table" } }),
    );
  });

  it("refuses a file that is no database, and says why", () => {
    const path = freshFile();
    writeFileSync(path, "This is no database. ".repeat(500));
    expect(() => sqliteStore(new Database(path))).toThrow(
      expect.objectContaining({ code: "HOLDFAST_STORE", cause: expect.any(Error) }),
    );
  });

  for (const table of ["", "a b", 'a"b', "a;b", "1a", "sqlite_a", "ä", "a".repeat(64)]) {
    it(`refuses the table name ${JSON.stringify(table)}`, () => {
      expect(() => sqliteStore(new Database(":memory:"), { table })).toThrow(/"table" must be/);
    });
  }

  it("refuses an option that it does not know", () => {
    const misspelt = { tabel: "x" } as object;
    expect(() => sqliteStore(new Database(":memory:"), misspelt)).toThrow(
      /"tabel" is not an option/,
    );
  });
});
