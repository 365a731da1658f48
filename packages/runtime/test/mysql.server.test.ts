/**
 * The public suite on both clients against a private MariaDB, and what is particular to this store: the clients'
 * settings, statements on the wire, rights.
 * @module
 */
import { createPool as createCallbackPool } from "mysql2";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startMariadb } from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { mysqlSchema, mysqlStore } from "../src/stores/mysql.ts";
import type { SessionStore, StoreProblem } from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject, storeCases } from "../src/testing/index.ts";
import {
  administer,
  createLeastAccount,
  createTables,
  emptyTables,
  MYSQL_CLIENTS,
  MYSQL_DATABASE,
  type MysqlAddress,
  type MysqlClientName,
  type MysqlPoolSettings,
  type MysqlTestPool,
  openPool,
} from "./support/mysql.ts";

const now = sampleNow;
const alice = sampleSubject(0xa11c);
const TABLE = "holdfast_sessions";

describeWith("mariadb", "MySQL store", () => {
  let server: Awaited<ReturnType<typeof startMariadb>>;
  let least: MysqlAddress;
  /** Ended after the test that opened them. */
  const passing: MysqlTestPool[] = [];
  const lasting: MysqlTestPool[] = [];
  const pooled = (
    client: MysqlClientName,
    address: MysqlAddress = server,
    settings: MysqlPoolSettings = {},
  ) => {
    const pool = openPool(client, address, settings);
    passing.push(pool);
    return pool;
  };

  beforeAll(async () => {
    server = await startMariadb();
    await createTables(server, TABLE);
    await createLeastAccount(server, "least", TABLE);
    least = { host: server.host, port: server.port, user: "least", password: "least" };
  }, 60_000);
  afterEach(async () => {
    await Promise.all(passing.splice(0).map((pool) => pool.end()));
  });
  afterAll(async () => {
    await Promise.all(lasting.map((pool) => pool.end()));
    await server.stop();
  });

  /** With the rights of the page for `mariadb`; each handle is a pool of its own, kept for all cases. */
  const shared = new Map<string, SessionStore>();
  const handle = (client: MysqlClientName, n: number) => {
    const name = `${client} ${n}`;
    const address = client === "mariadb" ? least : server;
    const known = shared.get(name);
    if (known !== undefined) return known;
    const pool = openPool(client, address);
    lasting.push(pool);
    const store = mysqlStore(pool);
    shared.set(name, store);
    return store;
  };
  const harnessOf = async (client: MysqlClientName) => {
    await emptyTables(server, TABLE);
    let opened = 0;
    return {
      open: () => handle(client, opened++ % 2),
      reopen: () =>
        mysqlStore(pooled(client, client === "mariadb" ? least : server), { table: TABLE }),
    };
  };

  const { traits } = mysqlStore(createCallbackPool({ host: "127.0.0.1" }));
  for (const client of MYSQL_CLIENTS) {
    for (const { title, needs, run } of storeCases) {
      if (needs?.(traits) ?? true) {
        it(`${client}: ${title}`, async () => run(await harnessOf(client)));
      }
    }
  }

  it("runs the whole of the suite: shared, durable, indexed, swept", () => {
    expect(traits).toEqual({
      shared: "network",
      revocation: "durable",
      index: true,
      nativeExpiry: false,
      durable: true,
    });
  });

  const everyday = /deadline|touch|version|put|delete|replace|create|increment|sweep|byte for byte/;
  const variants: readonly (readonly [string, MysqlClientName, MysqlPoolSettings])[] = [
    ["changed rows instead of found ones", "mysql2", { mysql2: { flags: ["-FOUND_ROWS"] } }],
    ["changed rows instead of found ones", "mariadb", { mariadb: { foundRows: false } }],
    [
      "numbers as strings, rows as arrays",
      "mysql2",
      {
        mysql2: {
          supportBigNumbers: true,
          bigNumberStrings: true,
          rowsAsArray: true,
          dateStrings: true,
          decimalNumbers: true,
          namedPlaceholders: true,
        },
      },
    ],
    ["a type cast of its own", "mysql2", { mysql2: { typeCast: () => "changed" } }],
    ["no type cast, nested tables", "mysql2", { mysql2: { typeCast: false, nestTables: true } }],
    ["no code generation", "mysql2", { mysql2: { disableEval: true } as object }],
    [
      "numbers as strings, rows as arrays",
      "mariadb",
      {
        mariadb: {
          supportBigNumbers: true,
          bigNumberStrings: true,
          rowsAsArray: true,
          metaAsArray: true,
          insertIdAsNumber: true,
          dateStrings: true,
        },
      },
    ],
    [
      "a type cast of its own, nested tables",
      "mariadb",
      { mariadb: { typeCast: () => "changed", nestTables: "_", namedPlaceholders: true } },
    ],
    [
      "no cache of statements, no pipeline, compressed",
      "mariadb",
      { mariadb: { prepareCacheLength: 0, pipelining: false, compress: true } },
    ],
  ];
  for (const [setting, client, settings] of variants) {
    it(`${client}: keeps the contract with ${setting}`, async () => {
      const stores = [0, 1].map(() => mysqlStore(pooled(client, server, settings)));
      const [one, two] = stores;
      if (one === undefined || two === undefined) throw new Error("no stores");
      const cases = storeCases.filter(
        ({ title, needs }) => (needs?.(traits) ?? true) && everyday.test(title),
      );
      expect(cases.length).toBeGreaterThan(40);
      for (const { title, run } of cases) {
        await emptyTables(server, TABLE);
        let opened = 0;
        const harness = { open: () => (opened++ % 2 === 0 ? one : two), reopen: () => one };
        await run(harness).catch((cause: unknown) => {
          throw new Error(`with ${setting}: ${title}`, { cause });
        });
      }
      expect(Math.abs(((await one.clock?.()) ?? 0) - Date.now())).toBeLessThan(60_000);
      await one.checkpoint(alice, now);
      expect(await one.deleteSubject(alice)).toEqual([]);
    });
  }

  it("takes the pool with callbacks of mysql2", async () => {
    const pool = createCallbackPool({
      host: server.host,
      port: server.port,
      user: "root",
      database: MYSQL_DATABASE,
    });
    try {
      const store = mysqlStore(pool);
      const { key, record } = sampleSession(1000, { subjectKey: alice });
      expect(await store.create(key, record, { now })).toBe("created");
      expect((await store.deleteSubject(alice)).map((removed) => removed.key)).toEqual([key]);
    } finally {
      await pool.promise().end();
    }
  });

  for (const client of MYSQL_CLIENTS) {
    it(`${client}: needs one statement for a read, a versioned write and a renewal`, async () => {
      await emptyTables(server, TABLE);
      const settings = { mysql2: { connectionLimit: 1 }, mariadb: { connectionLimit: 1 } };
      const pool = pooled(client, server, settings);
      const store = mysqlStore(pool);
      const { key, record } = sampleSession(1);
      const counted = async (step: () => unknown) => {
        const counts = async () => {
          const sql =
            "SHOW SESSION STATUS WHERE Variable_name IN ('Questions', 'Com_stmt_execute')";
          const answer = (await pool.query({ sql })) as unknown[];
          const rows = (client === "mysql2" ? answer[0] : answer) as { Value: string }[];
          return rows.map(({ Value }) => Number(Value));
        };
        const [executedBefore = 0, questionsBefore = 0] = await counts();
        await step();
        const [executed = 0, questions = 0] = await counts();
        // The second look counts itself.
        return { executed: executed - executedBefore, all: questions - questionsBefore - 1 };
      };
      await store.create(key, record, { now });
      await store.get(key);
      await store.put(key, { ...record, version: 2 });
      await store.touch(key, 2, record.idleExpiresAt + 1);

      const one = { executed: 1, all: 1 };
      expect(await counted(() => store.get(key))).toEqual(one);
      expect(await counted(() => store.put(key, { ...record, version: 3 }))).toEqual(one);
      expect(await counted(() => store.touch(key, 3, record.idleExpiresAt + 9))).toEqual(one);
      const other = sampleSession(2);
      expect(await counted(() => store.create(other.key, other.record, { now }))).toEqual(one);
      expect(await counted(() => store.delete(other.key))).toMatchObject({ executed: 1 });
    });

    it(`${client}: names the command that makes the tables where they are missing`, async () => {
      const store = mysqlStore(pooled(client), { table: "nowhere" });
      const { key, record } = sampleSession(1, { subjectKey: alice });
      const missing = {
        code: "HOLDFAST_STORE",
        message: expect.stringContaining("holdfast migrate schema mysql"),
      };
      await expect(store.get(key)).rejects.toMatchObject(missing);
      await expect(store.create(key, record, { now })).rejects.toMatchObject(missing);
      await expect(store.sweep(now, 10)).rejects.toMatchObject(missing);
    });

    it(`${client}: lets the account of the page do nothing else`, async () => {
      const pool = pooled(client, least);
      for (const sql of [
        `DROP TABLE ${TABLE}`,
        `TRUNCATE ${TABLE}`,
        `ALTER TABLE ${TABLE} ADD COLUMN x INT`,
        `UPDATE ${TABLE}_meta SET value = 9`,
        "SELECT * FROM mysql.user",
      ]) {
        await expect(pool.query({ sql }), sql).rejects.toMatchObject({ errno: 1142 });
      }
    });
  }

  const problems = async (store: SessionStore, count: number) => {
    const found: StoreProblem[] = [];
    store.watch?.((problem) => found.push(problem));
    await expect.poll(() => found.length).toBeGreaterThanOrEqual(count);
    return found.map(({ explanation }) => explanation).join("\n");
  };

  it("reports a server that confirms before it writes to the disk, and one that is read-only", async () => {
    // The tests' server runs with 2, for speed.
    const store = mysqlStore(pooled("mysql2", least));
    expect(await problems(store, 1)).toContain("innodb_flush_log_at_trx_commit");
    await administer(server, ["SET GLOBAL read_only = 1"]);
    try {
      const said = await problems(mysqlStore(pooled("mariadb", least)), 2);
      expect(said).toContain("read-only");
    } finally {
      await administer(server, ["SET GLOBAL read_only = 0"]);
    }
  });

  it("reports nothing of a server that is set up well", async () => {
    await administer(server, ["SET GLOBAL innodb_flush_log_at_trx_commit = 1"]);
    try {
      const found: StoreProblem[] = [];
      const pool = pooled("mysql2", least);
      const answered: Promise<unknown>[] = [];
      const watched: MysqlTestPool = {
        execute: (...args) => pool.execute(...args),
        getConnection: () => pool.getConnection(),
        end: () => pool.end(),
        query(statement) {
          const answer = pool.query(statement);
          answered.push(answer);
          return answer;
        },
      };
      mysqlStore(
        Object.assign(watched, { pool: (pool as unknown as { pool: object }).pool }),
      ).watch?.((problem) => found.push(problem));
      await expect.poll(() => answered.length).toBe(2);
      await Promise.all(answered);
      await new Promise((resolve) => setImmediate(resolve));
      expect(found).toEqual([]);
    } finally {
      await administer(server, ["SET GLOBAL innodb_flush_log_at_trx_commit = 2"]);
    }
  });

  it("reports tables that are missing", async () => {
    const store = mysqlStore(pooled("mariadb"), { table: "nowhere" });
    expect(await problems(store, 1)).toContain("holdfast migrate schema mysql");
  });

  it("reports settings that it may not look at, instead of being silent", async () => {
    await administer(server, [`REVOKE SELECT ON ${MYSQL_DATABASE}.${TABLE}_meta FROM 'least'@'%'`]);
    try {
      const said = await problems(mysqlStore(pooled("mysql2", least)), 1);
      expect(said).toContain("what the store's account may do");
    } finally {
      await administer(server, [`GRANT SELECT ON ${MYSQL_DATABASE}.${TABLE}_meta TO 'least'@'%'`]);
    }
  });

  it("has a schema that can be applied again without harm", async () => {
    const store = mysqlStore(pooled("mysql2"));
    const { key, record } = sampleSession(77);
    await store.create(key, record, { now });
    await createTables(server, TABLE);
    expect(await store.get(key)).toMatchObject({ version: 1 });
    expect(mysqlSchema("other")).toContain("`other_subjects`");
  });

  it("reads by the unique key and sweeps by its index", async () => {
    const explain = `EXPLAIN SELECT id FROM ${MYSQL_DATABASE}.${TABLE}`;
    const [byKey, bySubject] = (await administer(server, [
      `${explain} WHERE session_key = X'${sampleSession(77).key}'`,
      `${explain} WHERE subject_key = X'${alice}'`,
    ])) as { key: string }[][];
    expect(byKey?.[0]?.key).toBe("by_session_key");
    expect(bySubject?.[0]?.key).toBe("by_subject");
  });

  it("works on tables that are partitioned as the page says", async () => {
    await createTables(server, "parted");
    await administer(server, [
      `USE ${MYSQL_DATABASE}`,
      "ALTER TABLE parted DROP PRIMARY KEY, ADD PRIMARY KEY (id, session_key)",
      "ALTER TABLE parted PARTITION BY KEY (session_key) PARTITIONS 8",
    ]);
    const store = mysqlStore(pooled("mysql2"), { table: "parted" });
    const created = Array.from({ length: 30 }, (_, n) => sampleSession(n, { subjectKey: alice }));
    for (const { key, record } of created) await store.create(key, record, { now });
    expect(
      await store.create(created[0]?.key ?? "", created[1]?.record ?? sampleSession(1).record, {
        now,
      }),
    ).toBe("exists");
    expect((await store.deleteSubject(alice)).length).toBe(30);
  });
});
