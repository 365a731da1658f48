/**
 * What needs no server: options, recognising pools, and what becomes of a connection when things go wrong.
 * @module
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { sampleNow, sampleSession } from "../testing/index.ts";
import {
  type MysqlPool,
  type MysqlStatement,
  type MysqlStoreOptions,
  mysqlSchema,
  mysqlStore,
} from "./mysql.ts";
import type { StoreProblem } from "./store.ts";

const now = sampleNow;
const { key, record } = sampleSession(1);
const serverError = (errno: number) => Object.assign(new Error("no"), { errno });

/** Answers a statement, or throws. */
type Answer = (sql: string) => unknown;

/** A pool in the shape of `mariadb`, and what was done with its connections. */
function fakePool(answer: Answer) {
  const did: string[] = [];
  const run = async ({ sql }: MysqlStatement) => answer(sql);
  const pool = {
    did,
    execute: run,
    query: run,
    activeConnections: () => 0,
    getConnection: async () => ({
      execute: run,
      query: run,
      release: () => did.push("released"),
      destroy: () => did.push("destroyed"),
    }),
  };
  return pool;
}

const isTransaction = (sql: string) => /^(SET TRANSACTION|START|COMMIT|ROLLBACK)/.test(sql);

describe("the options of mysqlStore", () => {
  const pool = fakePool(() => []);

  it("name tables that can be pasted into SQL", () => {
    for (const table of ["", "1st", "a-b", "a`b", "a.b", "ä", "x".repeat(56)]) {
      expect(() => mysqlStore(pool, { table }), table).toThrow('"table" must be');
      expect(() => mysqlSchema(table), table).toThrow('"table" must be');
    }
    for (const table of ["a", "_A9", "x".repeat(55)]) {
      expect(mysqlStore(pool, { table }).name).toBe("mysql");
    }
  });

  it("are refused where they are unknown", () => {
    const options = { tabel: "x" } as MysqlStoreOptions;
    expect(() => mysqlStore(pool, options)).toThrow('"tabel" is not an option of mysqlStore');
  });

  it("take no connection, no pool over several servers and no nothing for a pool", () => {
    const { execute, query, getConnection } = pool;
    const callbacks = { getConnection, execute, query };
    for (const other of [undefined, null, {}, { execute, query }, callbacks, () => pool]) {
      expect(() => mysqlStore(other as unknown as MysqlPool)).toThrow('"pool" must be a pool');
    }
  });

  it("take no pool that waits for callbacks", async () => {
    const callbacks = { ...pool, execute: () => undefined } as unknown as MysqlPool;
    await expect(mysqlStore(callbacks).get(key)).rejects.toMatchObject({ code: "HOLDFAST_OPTION" });
  });
});

describe("mysqlSchema", () => {
  it("is four statements that change nothing when they run again", () => {
    const statements = mysqlSchema("app_sessions")
      .split(";\n")
      .map((sql) => sql.trim())
      .filter((sql) => sql !== "");
    expect(statements).toHaveLength(4);
    for (const sql of statements) {
      expect(sql).toMatch(/^CREATE TABLE IF NOT EXISTS|ON DUPLICATE KEY UPDATE/);
    }
  });
});

describe("a connection of mysqlStore", () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const replacing = (pool: MysqlPool) =>
    mysqlStore(pool).create(key, record, { now, replaces: key });

  it("is given back after a transaction", async () => {
    const pool = fakePool(() => ({ affectedRows: 1n }));
    expect(await replacing(pool)).toBe("created");
    expect(pool.did).toEqual(["released"]);
  });

  it("is given back after a statement that failed", async () => {
    const pool = fakePool((sql) => {
      if (!isTransaction(sql)) throw serverError(1142);
    });
    await expect(replacing(pool)).rejects.toMatchObject({ errno: 1142 });
    expect(pool.did).toEqual(["released"]);
  });

  it("is destroyed where the transaction cannot be taken back", async () => {
    const pool = fakePool((sql) => {
      if (sql !== "START TRANSACTION") throw new Error(`closed before ${sql}`);
    });
    await expect(replacing(pool)).rejects.toThrow("closed before SET TRANSACTION");
    expect(pool.did).toEqual(["destroyed"]);
  });

  it("gives up after about two seconds of deadlocks", async () => {
    vi.useFakeTimers();
    let attempts = 0;
    const pool = fakePool((sql) => {
      if (isTransaction(sql)) return;
      attempts += 1;
      throw serverError(1213);
    });
    const creating = expect(replacing(pool)).rejects.toMatchObject({ errno: 1213 });
    await vi.advanceTimersByTimeAsync(2500);
    await creating;
    expect(attempts).toBeGreaterThan(10);
    expect(pool.did).toEqual(Array.from({ length: attempts }, () => "released"));
  });
});

describe("mysqlStore", () => {
  it("undoes a type cast of the application's in mysql2, and only where there is one", async () => {
    const statements: object[] = [];
    const pool = (typeCast: unknown) => ({
      ...fakePool(() => []),
      execute: async (statement: MysqlStatement) => {
        statements.push(statement);
        return [[], []];
      },
      pool: { getConnection() {}, config: { connectionConfig: { typeCast } } },
    });
    await mysqlStore(pool(() => "changed")).get(key);
    await mysqlStore(pool(true)).get(key);
    await mysqlStore(pool(false)).get(key);
    expect(statements).toMatchObject([
      { typeCast: expect.any(Function) },
      { typeCast: true },
      { typeCast: true },
    ]);
    // In one process `mysql2` may have compiled the rows before, which would hide what a server shows.
    const { typeCast } = statements[0] as { typeCast(field: object, next: () => number): unknown };
    expect(typeCast({}, () => 5)).toBe(5);
  });

  it("says what is wrong with a pool that casts binary columns", async () => {
    const pool = fakePool(() => [{ version: "1", idle_expires_at: "2", record: "text" }]);
    await expect(mysqlStore(pool).get(key)).rejects.toMatchObject({
      code: "HOLDFAST_STORE",
      message: expect.stringContaining("type casts"),
    });
  });

  it("looks at the server's settings with a later sweep if it was away at first", async () => {
    let isAway = true;
    const pool = fakePool((sql) => {
      if (isAway) throw serverError(-111);
      if (sql.includes("innodb_flush")) return [{ flushed: "0", read_only: "OFF" }];
      return sql.startsWith("SELECT value") ? [{ value: 1n }] : [];
    });
    const store = mysqlStore(pool);
    const problems: StoreProblem[] = [];
    store.watch?.((problem) => problems.push(problem));
    await expect(store.sweep(now, 10)).rejects.toThrow("no");
    expect(problems).toEqual([]);
    isAway = false;
    await store.sweep(now, 10);
    await expect.poll(() => problems.length).toBe(1);
    expect(problems[0]?.explanation).toContain("innodb_flush_log_at_trx_commit");
  });
});
