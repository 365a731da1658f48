/**
 * The MySQL and MariaDB store with transactions held open across each other, and sweeps in parallel.
 * @module
 */
import { createConnection } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startMariadb } from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { mysqlStore } from "../src/stores/mysql.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";
import {
  administer,
  createTables,
  emptyTables,
  gated,
  looksLike,
  MYSQL_CLIENTS,
  MYSQL_DATABASE,
  type MysqlClientName,
  type MysqlPoolSettings,
  type MysqlTestPool,
  openPool,
} from "./support/mysql.ts";

const now = sampleNow;
const alice = sampleSubject(0xa11c);
const TABLE = "holdfast_sessions";

describeWith("mariadb", "MySQL store in races", () => {
  let server: Awaited<ReturnType<typeof startMariadb>>;
  const passing: { end(): Promise<void> }[] = [];
  const pooled = (client: MysqlClientName, settings: MysqlPoolSettings = {}): MysqlTestPool => {
    const pool = openPool(client, server, settings);
    passing.push(pool);
    return pool;
  };
  /** A connection of somebody else, who holds locks. */
  const rival = async () => {
    const { host, port, user } = server;
    const connection = await createConnection({ host, port, user, database: MYSQL_DATABASE });
    passing.push(connection);
    return connection;
  };
  /** Until so many transactions wait for a lock. */
  const waiting = (count: number) =>
    expect
      .poll(
        async () => {
          const sql = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'";
          const [rows] = (await administer(server, [sql])) as { Value: string }[][];
          return Number(rows?.[0]?.Value);
        },
        { timeout: 10_000 },
      )
      .toBe(count);

  beforeAll(async () => {
    server = await startMariadb();
    await createTables(server, TABLE);
  }, 60_000);
  afterEach(async () => {
    await Promise.all(passing.splice(0).map((pool) => pool.end()));
    await emptyTables(server, TABLE);
  });
  afterAll(() => server.stop());

  for (const client of MYSQL_CLIENTS) {
    it(`${client}: removes a session whose creation is not committed yet`, async () => {
      const gate = gated(client, pooled(client));
      const store = mysqlStore(pooled(client));
      const { key, record } = sampleSession(1, { subjectKey: alice });
      const creating = mysqlStore(gate.pool).create(key, record, { now });
      await gate.arrived;
      const removing = store.deleteSubject(alice);
      await waiting(1);
      gate.open();
      expect(await creating).toBe("created");
      expect((await removing).map((removed) => removed.key)).toEqual([key]);
      expect(await store.get(key)).toBeUndefined();
    });

    it(`${client}: refuses a sign-in that began while a revocation is not committed yet`, async () => {
      const gate = gated(client, pooled(client));
      const store = mysqlStore(pooled(client));
      const [old, checked, unchecked] = [1, 2, 3].map((n) =>
        sampleSession(n, { subjectKey: alice }),
      );
      if (old === undefined || checked === undefined || unchecked === undefined) throw new Error();
      await store.create(old.key, old.record, { now });
      const checkpoint = await store.checkpoint(alice, now);
      const removing = mysqlStore(gate.pool).deleteSubject(alice);
      await gate.arrived;
      const creating = Promise.all([
        store.create(checked.key, checked.record, { now, checkpoint }),
        store.create(unchecked.key, unchecked.record, { now }),
        store.checkpoint(alice, now),
      ]);
      await waiting(3);
      // Nobody else waits: neither for the subject's row nor for its place in the index.
      const another = sampleSession(4, { subjectKey: sampleSubject(0xa11d) });
      expect(await store.create(another.key, another.record, { now })).toBe("created");
      gate.open();
      expect((await removing).map((removed) => removed.key)).toEqual([old.key]);
      const [first, second, drawn] = await creating;
      expect([first, second]).toEqual(["revoked-meanwhile", "created"]);
      expect(drawn).not.toBe(checkpoint);
      expect((await store.listSubject(alice)).map(({ key }) => key)).toEqual([unchecked.key]);
    });

    it(`${client}: begins again after a deadlock`, async () => {
      const store = mysqlStore(pooled(client));
      const [old, next] = [sampleSession(1), sampleSession(2, { subjectKey: alice })];
      await store.create(old.key, old.record, { now });
      await store.checkpoint(alice, now);
      const other = await rival();
      await other.query("START TRANSACTION");
      // The server gives up the transaction that changed less.
      for (let n = 0; n < 20; n += 1) {
        await other.query(`INSERT INTO ${TABLE}_subjects VALUES (X'${sampleSubject(n)}', NULL, 0)`);
      }
      await other.query(`UPDATE ${TABLE} SET sweep_at = 0 WHERE session_key = X'${old.key}'`);
      const creating = store.create(next.key, next.record, { now, replaces: old.key });
      await waiting(1);
      const deadlocks = async () => {
        const [rows] = (await administer(server, [
          "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'",
        ])) as { Value: string }[][];
        return Number(rows?.[0]?.Value);
      };
      const before = await deadlocks();
      await other.query(
        `UPDATE ${TABLE}_subjects SET used_at = used_at + 1 WHERE subject_key = X'${alice}'`,
      );
      expect(await deadlocks()).toBe(before + 1);
      await other.query("COMMIT");
      expect(await creating).toBe("created");
      expect(await store.get(old.key)).toBeUndefined();
    });

    it(`${client}: tries again when a lock was held for longer than the server waits`, async () => {
      const inner = pooled(client, {
        mariadb: { sessionVariables: { innodb_lock_wait_timeout: 1 } },
        mysql2: { connectionLimit: 1 },
      });
      if (client === "mysql2") await inner.query({ sql: "SET innodb_lock_wait_timeout = 1" });
      const other = await rival();
      const errors: unknown[] = [];
      const watched = looksLike(
        client,
        {
          getConnection: () => inner.getConnection(),
          query: (statement) => inner.query(statement),
          execute: (statement, values) =>
            inner.execute(statement, values).catch(async (error: { errno?: number }) => {
              errors.push(error.errno);
              await other.query("ROLLBACK");
              throw error;
            }),
        },
        inner,
      );
      const store = mysqlStore(watched);
      const { key, record } = sampleSession(1);
      await store.create(key, record, { now });
      await other.query("START TRANSACTION");
      await other.query(`UPDATE ${TABLE} SET sweep_at = 0 WHERE session_key = X'${key}'`);
      expect(await store.put(key, { ...record, version: 2 })).toBe(true);
      expect(errors).toEqual([1205]);
    });

    it(`${client}: sweeps from four pools at once, past rows that others hold`, async () => {
      const stores = Array.from({ length: 4 }, () => mysqlStore(pooled(client)));
      const [store] = stores;
      if (store === undefined) throw new Error();
      const dead = Array.from({ length: 400 }, (_, n) =>
        sampleSession(0x1000 + n, {
          idleExpiresAt: now,
          subjectKey: n % 2 ? sampleSubject(n % 9) : null,
        }),
      );
      const living = Array.from({ length: 60 }, (_, n) => sampleSession(0x2000 + n));
      for (const { key, record } of [...dead, ...living]) await store.create(key, record, { now });
      const held = dead[7]?.key;
      const other = await rival();
      await other.query("START TRANSACTION");
      await other.query(`UPDATE ${TABLE} SET version = version WHERE session_key = X'${held}'`);

      const at = now + 300_001;
      const sweepAll = async (sweeper: typeof store) => {
        let removed = 0;
        for (;;) {
          const swept = await sweeper.sweep(at, 25);
          removed += swept.removed;
          if (swept.done) return removed;
        }
      };
      const removed = await Promise.all(stores.map(sweepAll));
      expect(removed.reduce((sum, n) => sum + n)).toBe(dead.length - 1);
      expect(removed.filter((n) => n > 0).length).toBeGreaterThan(1);
      await other.query("ROLLBACK");
      expect(await sweepAll(store)).toBe(1);
      for (const { key } of living) expect(await store.get(key)).toBeDefined();
    });

    it(`${client}: serves, creates and changes the living while a sweep is not committed`, async () => {
      const gate = gated(client, pooled(client));
      const store = mysqlStore(pooled(client));
      const dead = Array.from({ length: 20 }, (_, n) =>
        sampleSession(n, { idleExpiresAt: now, subjectKey: alice }),
      );
      const [alive, late, fresh] = [1001, 1002, 1003].map((n) => sampleSession(n));
      if (alive === undefined || late === undefined || fresh === undefined) throw new Error();
      const dying = { ...late.record, idleExpiresAt: now };
      for (const { key, record } of [...dead, alive]) await store.create(key, record, { now });
      await store.create(late.key, dying, { now });
      await store.touch(late.key, 1, now + 900_000);

      const sweeping = mysqlStore(gate.pool).sweep(now + 300_001, 64);
      await gate.arrived;
      expect(await store.put(alive.key, { ...alive.record, version: 2 })).toBe(true);
      expect(await store.touch(alive.key, 2, now + 3_600_000)).toBe(true);
      expect(await store.create(fresh.key, fresh.record, { now })).toBe("created");
      expect(await store.get(late.key)).toMatchObject({ idleExpiresAt: now + 900_000 });
      expect(await store.get(dead[0]?.key ?? "")).toBeDefined();
      expect(await store.listSubject(alice)).toHaveLength(20);
      gate.open();
      expect(await sweeping).toEqual({ removed: 20, done: true });
      expect(await store.get(late.key)).toBeDefined();
    });
  }
});
