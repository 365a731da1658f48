/**
 * The PostgreSQL store on a private server: the suite of every store through both clients, whatever the
 * database and the client are set to, and with no more rights than the docs grant.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Pool, types } from "pg";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ServerWithUrl } from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { postgresSchema } from "../src/stores/postgres.ts";
import { type StoreCase, sampleNow, sampleSession, storeCases } from "../src/testing/index.ts";
import {
  clients,
  type Ground,
  groundOf,
  newTable,
  openPool,
  openSql,
  pgStore,
  sqlStore,
  startGround,
} from "./support/postgres.ts";

const traits = {
  shared: "network",
  revocation: "durable",
  index: true,
  nativeExpiry: false,
  durable: true,
} as const;
const cases: readonly StoreCase[] = storeCases.filter(({ needs }) => needs?.(traits) ?? true);

const page = join(import.meta.dirname, "..", "..", "..", "docs", "stores", "postgres.md");

/** The rights that the docs grant, to a role named `app` on the default table. */
function grantsInDocs(): string {
  const [grants] = /^GRANT [^;]*;$/m.exec(readFileSync(page, "utf8")) ?? [];
  if (grants === undefined) throw new Error("the page of the store grants nothing");
  return grants;
}

describeWith("postgres", "the PostgreSQL store", () => {
  let server: ServerWithUrl;
  let admin: Pool;
  beforeAll(async () => {
    ({ server, admin } = await startGround());
    await admin.query(`
      CREATE ROLE app LOGIN; ALTER ROLE app SET default_transaction_isolation = 'repeatable read';
      CREATE ROLE strict LOGIN SUPERUSER;
      ALTER ROLE strict SET default_transaction_isolation = 'serializable';
      ALTER ROLE strict SET bytea_output = 'escape';
      ALTER ROLE strict SET standard_conforming_strings = off`);
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });
  const urlOf = (role: string) => server.url.replace("//test@", `//${role}@`);

  function runCases(makeGround: () => Ground): void {
    let ground: Ground;
    beforeAll(() => {
      ground = makeGround();
    });
    afterEach(() => ground.end());
    for (const { title, run } of cases) it(title, async () => run(await ground.harness()));
  }

  for (const [name, open] of clients) {
    describe(`through ${name}`, () => {
      runCases(() =>
        groundOf(
          () => newTable(admin),
          (table) => open(server.url, { table }),
        ),
      );
    });
  }

  describe("with the rights that the docs grant, by default in repeatable read", () => {
    const grant = async () => {
      const table = await newTable(admin);
      await admin.query(grantsInDocs().replaceAll("holdfast_sessions", table));
      return table;
    };
    runCases(() => groundOf(grant, (table) => pgStore(openPool(urlOf("app")), { table })));

    it("may do nothing else", async () => {
      const table = await grant();
      const pool = openPool(urlOf("app"));
      for (const sql of [`DROP TABLE ${table}`, `TRUNCATE ${table}`, "CREATE TABLE mine (n int)"]) {
        await expect(pool.query(sql)).rejects.toMatchObject({ code: "42501" });
      }
      await pool.end();
    });
  });

  describe("partitioned, unprepared, by default serializable, with text written the old way", () => {
    runCases(() =>
      groundOf(
        () => newTable(admin, { partitions: 3 }),
        (table) => sqlStore(openSql(urlOf("strict")), { table, prepare: false }),
      ),
    );
  });

  for (const [name, openOddly] of [
    [
      "pg with parsers of its own",
      (table: string) =>
        pgStore(
          openPool(server.url, {
            types: {
              getTypeParser: (() => () => "by the application") as typeof types.getTypeParser,
            },
          }),
          { table },
        ),
    ],
    [
      "postgres with transforms and types of its own",
      (table: string) =>
        sqlStore(
          openSql(server.url, {
            transform: { ...postgres.camel, undefined: null },
            types: { bigint: postgres.BigInt },
          }),
          { table },
        ),
    ],
  ] as const) {
    it(`is not led astray by ${name}`, async () => {
      const { store, end } = openOddly(await newTable(admin));
      const { key, record } = sampleSession(1, { subjectKey: "ab".repeat(32) });
      const checkpoint = await store.checkpoint("ab".repeat(32), sampleNow);
      expect(await store.create(key, record, { now: sampleNow, checkpoint })).toBe("created");
      expect(await store.touch(key, 1, record.idleExpiresAt + 1)).toBe(true);
      expect(await store.get(key)).toMatchObject({ version: 1, handle: record.handle });
      expect((await store.scan?.(undefined, 10))?.sessions).toHaveLength(1);
      const removed = await store.deleteSubject("ab".repeat(32));
      expect(removed).toEqual([{ key, handle: record.handle }]);
      expect(Math.abs(((await store.clock?.()) ?? 0) - Date.now())).toBeLessThan(5000);
      await end();
    });
  }

  describe("its schema", () => {
    it("may be run again, on a table in use and by several at once, and keeps what is there", async () => {
      const table = await newTable(admin);
      const { store, end } = pgStore(openPool(server.url), { table });
      const { key, record } = sampleSession(1);
      await store.create(key, record, { now: sampleNow });
      const sql = openSql(server.url);
      await sql.unsafe(postgresSchema(table));
      await admin.query(postgresSchema(table));
      expect(await store.get(key)).toMatchObject({ version: 1 });
      await Promise.all([sql.end(), end()]);
    });

    it("may lie in a schema of its own, and takes capitals as they are", async () => {
      await admin.query("CREATE SCHEMA Auth");
      await admin.query(postgresSchema("auth.Logins"));
      const { store, end } = pgStore(openPool(server.url), { table: "auth.Logins" });
      const { key, record } = sampleSession(1, { subjectKey: "ab".repeat(32) });
      await store.checkpoint("ab".repeat(32), sampleNow);
      await store.create(key, record, { now: sampleNow });
      expect(await store.deleteSubject("ab".repeat(32))).toHaveLength(1);
      const { rows } = await admin.query(
        "SELECT value FROM auth.\"Logins_meta\" WHERE name='schema'",
      );
      expect(rows).toEqual([{ value: "1" }]);
      await end();
    });

    for (const [name, open] of clients) {
      it(`is asked for where it is missing, through ${name}`, async () => {
        const { store, end } = open(server.url, { table: "nowhere" });
        const { key, record } = sampleSession(1);
        const calls = [
          () => store.get(key),
          () => store.create(key, record, { now: sampleNow }),
          () => store.deleteSubject("ab".repeat(32)),
        ];
        for (const call of calls) {
          await expect((async () => call())()).rejects.toMatchObject({
            code: "HOLDFAST_STORE",
            message: expect.stringContaining("holdfast migrate schema postgres --table nowhere"),
          });
        }
        await end();
      });
    }

    it("is said to be closed to a role without rights", async () => {
      const { store, end } = pgStore(openPool(urlOf("app")), { table: await newTable(admin) });
      await expect((async () => store.get("00ff"))()).rejects.toMatchObject({
        code: "HOLDFAST_STORE",
        message: expect.stringContaining("grant SELECT, INSERT, UPDATE and DELETE"),
      });
      await end();
    });
  });
});
