/**
 * The PostgreSQL store where transactions meet: each is held open in the server while others run. And
 * what it sends, and what it leaves behind.
 * @module
 */
import type { Pool, PoolClient } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ServerWithUrl } from "../../../scripts/servers.mjs";
import { startTcpProxy } from "../../../scripts/tcp-proxy.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { SWEEP_DELAY_SECONDS } from "../src/stores/store.ts";
import { sampleNow as now, sampleSession, sampleSubject } from "../src/testing/index.ts";
import {
  clients,
  eventually,
  newTable,
  openPool,
  openSql,
  pgStore,
  sqlStore,
  startGround,
} from "./support/postgres.ts";
import { sentIn } from "./support/postgres-wire.ts";

const alice = sampleSubject(0xa11c);
const HELD = 4242;

describeWith("postgres", "the PostgreSQL store under races", () => {
  let server: ServerWithUrl;
  let admin: Pool;
  beforeAll(async () => {
    ({ server, admin } = await startGround());
    await admin.query(`CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(${HELD}); RETURN NULL; END $$;
      CREATE ROLE strict LOGIN SUPERUSER;
      ALTER ROLE strict SET default_transaction_isolation = 'serializable'`);
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });

  let holder: PoolClient | undefined;
  const letGo = () => {
    // Ending the connection lets the lock go, also where a test failed half-way.
    holder?.release(true);
    holder = undefined;
  };
  afterEach(letGo);

  /** Every statement that does `what` to the table stays open, with what it did, until `letGo`. */
  async function holdOpen(table: string, what: "INSERT" | "DELETE"): Promise<void> {
    await admin.query(`CREATE TRIGGER held AFTER ${what} ON ${table}
      FOR EACH STATEMENT EXECUTE FUNCTION hold()`);
    holder = await admin.connect();
    await holder.query(`SELECT pg_advisory_lock(${HELD})`);
  }

  const waiting = async (lock: "held" | "subject"): Promise<number> => {
    const { rows } = await admin.query(`SELECT count(*)::int AS n FROM pg_locks
      WHERE locktype = 'advisory' AND NOT granted
        AND (classid = 0 AND objid = ${HELD}) = ${lock === "held"}`);
    return rows[0].n;
  };

  for (const [name, open] of clients) {
    describe(`through ${name}`, () => {
      for (const [isChecked, role, how] of [
        [true, "test", "with a checkpoint"],
        [false, "test", "without a checkpoint"],
        [true, "strict", "with a checkpoint, by default serializable,"],
        [false, "strict", "without a checkpoint, by default serializable,"],
      ] as const) {
        it(`removes a sign-in ${how} whose transaction was open when the removal began`, async () => {
          const table = await newTable(admin);
          const url = server.url.replace("//test@", `//${role}@`);
          const [one, two] = [open(url, { table }), open(url, { table })];
          const checkpoint = isChecked ? await one.store.checkpoint(alice, now) : undefined;
          const { key, record } = sampleSession(1, { subjectKey: alice });
          await holdOpen(table, "INSERT");
          const created = one.store.create(key, record, { now, checkpoint });
          await eventually("the sign-in is open", async () => (await waiting("held")) === 1);
          const removed = two.store.deleteSubject(alice);
          await eventually("the removal waits", async () => (await waiting("subject")) === 1);
          letGo();
          expect(await created).toBe("created");
          expect(await removed).toEqual([{ key, handle: record.handle }]);
          expect(await two.store.get(key)).toBeUndefined();
          await Promise.all([one.end(), two.end()]);
        });
      }

      it("refuses a sign-in with a checkpoint that waited for a removal, and lists one without", async () => {
        const table = await newTable(admin);
        const [one, two] = [open(server.url, { table }), open(server.url, { table })];
        const checkpoint = await one.store.checkpoint(alice, now);
        const [old, checked, free] = [1, 2, 3].map((n) => sampleSession(n, { subjectKey: alice }));
        if (!(old && checked && free)) throw new Error("there are three");
        await one.store.create(old.key, old.record, { now });
        await holdOpen(table, "DELETE");
        const removed = one.store.deleteSubject(alice);
        await eventually("the removal is open", async () => (await waiting("held")) === 1);
        const outcomes = [
          two.store.create(checked.key, checked.record, { now, checkpoint, replaces: old.key }),
          two.store.create(free.key, free.record, { now }),
        ];
        await eventually("both sign-ins wait", async () => (await waiting("subject")) === 2);
        letGo();
        expect(await removed).toHaveLength(1);
        expect(await Promise.all(outcomes)).toEqual(["revoked-meanwhile", "created"]);
        const listed = await two.store.listSubject(alice);
        expect(listed.map(({ key }) => key)).toEqual([free.key]);
        await Promise.all([one.end(), two.end()]);
      });

      it("blocks no request and no other sweep with a sweep that is open", async () => {
        const table = await newTable(admin);
        const [one, two] = [open(server.url, { table }), open(server.url, { table })];
        const sessions = Array.from({ length: 10 }, (_, n) =>
          sampleSession(n, { idleExpiresAt: n < 8 ? now : now + 600_000 }),
        );
        for (const { key, record } of sessions) await one.store.create(key, record, { now });
        const at = now + SWEEP_DELAY_SECONDS * 1000 + 1;
        await holdOpen(table, "DELETE");
        const first = one.store.sweep(at, 4);
        await eventually("the sweep is open", async () => (await waiting("held")) === 1);
        const [living] = sessions.slice(8);
        const [dead] = sessions;
        if (!(living && dead)) throw new Error("there are ten");
        const fresh = sampleSession(20, { subjectKey: alice });
        expect(await two.store.get(dead.key)).toBeDefined();
        expect(await two.store.touch(living.key, 1, now + 700_000)).toBe(true);
        expect(await two.store.put(living.key, { ...living.record, version: 2 })).toBe(true);
        expect(await two.store.create(fresh.key, fresh.record, { now })).toBe("created");
        const second = two.store.sweep(at, 100);
        // It deletes the other four, and stays open in its turn: it has not waited for the first.
        await eventually("the second is open too", async () => (await waiting("held")) === 2);
        letGo();
        expect(await first).toEqual({ removed: 4, done: false });
        expect(await second).toEqual({ removed: 4, done: true });
        await Promise.all([one.end(), two.end()]);
      });

      it("removes each dead record once, swept from four clients at once", async () => {
        const table = await newTable(admin);
        const four = Array.from({ length: 4 }, () => open(server.url, { table }));
        const [{ store } = expect.unreachable()] = four;
        const dead = Array.from({ length: 300 }, (_, n) =>
          // From 4096 on, no number is another's with a further digit before it.
          sampleSession(4096 + n, { idleExpiresAt: now, subjectKey: n % 2 ? alice : null }),
        );
        await Promise.all(dead.map(({ key, record }) => store.create(key, record, { now })));
        const at = now + SWEEP_DELAY_SECONDS * 1000 + 1;
        const swept = await Promise.all(
          four.map(async (one) => {
            let total = 0;
            for (;;) {
              const { removed, done } = await one.store.sweep(at, 10);
              total += removed;
              if (done) return total;
            }
          }),
        );
        expect(swept.reduce((sum, n) => sum + n)).toBe(300);
        const { rows } = await admin.query(`SELECT count(*)::int AS n FROM ${table}`);
        expect(rows).toEqual([{ n: 0 }]);
        await Promise.all(four.map((one) => one.end()));
      });

      it("settles removals of everything and of subjects that meet", async () => {
        const table = await newTable(admin);
        const [one, two] = [open(server.url, { table }), open(server.url, { table })];
        for (let round = 0; round < 5; round += 1) {
          const sessions = Array.from({ length: 30 }, (_, n) =>
            sampleSession(n, { subjectKey: sampleSubject(n % 3) }),
          );
          for (const { key, record } of sessions) await one.store.create(key, record, { now });
          const removals = [0, 1, 2].map((n) => two.store.deleteSubject(sampleSubject(n)));
          const all = one.store.deleteAll();
          const removed = await Promise.all(removals);
          expect(removed.flat().length + (await all)).toBe(30);
        }
        await Promise.all([one.end(), two.end()]);
      });
    });
  }

  for (const [name, openOne] of [
    ["pg", (url: string, table: string) => pgStore(openPool(url, { max: 1 }), { table })],
    ["postgres", (url: string, table: string) => sqlStore(openSql(url, { max: 1 }), { table })],
  ] as const) {
    it(`sends one statement in one round trip for every method, through ${name}`, async () => {
      const table = await newTable(admin);
      const proxy = await startTcpProxy(server.port);
      const { store, end } = openOne(
        server.url.replace(`:${server.port}`, `:${proxy.port}`),
        table,
      );
      const anonymous = sampleSession(1);
      const signedIn = sampleSession(2, { subjectKey: alice });
      const methods = {
        checkpoint: () => store.checkpoint(alice, now),
        anonymous: () => store.create(anonymous.key, anonymous.record, { now }),
        signIn: async () =>
          store.create(signedIn.key, signedIn.record, {
            now,
            checkpoint: "other",
            replaces: anonymous.key,
          }),
        get: () => store.get(anonymous.key),
        put: () => store.put(anonymous.key, { ...anonymous.record, version: 2 }),
        touch: () => store.touch(anonymous.key, 2, now + 1),
        list: () => store.listSubject(alice),
        sweep: () => store.sweep(now, 10),
        delete: () => store.delete(anonymous.key),
        deleteSubject: () => store.deleteSubject(alice),
        deleteAll: () => store.deleteAll(),
      };
      for (const method of Object.values(methods)) await method();
      for (const [title, method] of Object.entries(methods)) {
        proxy.forget();
        await method();
        const sent = sentIn(proxy.seen.chunksUp);
        const isScript = title === "deleteSubject" || title === "deleteAll";
        expect(sent, `${title} sent ${sent.types}`).toMatchObject({
          statements: 1,
          parsed: isScript ? 1 : 0,
        });
        // postgres flushes the message that executes, and asks for the answer once.
        expect(sent.roundTrips, `${title} sent ${sent.types}`).toBe(1);
      }
      await end();
      await proxy.close();
    });
  }

  it("keeps nine of ten touches out of the indexes", async () => {
    const table = await newTable(admin);
    const touches = 6000;
    const count = 2000;
    const { store, end } = pgStore(openPool(server.url), { table });
    const sessions = Array.from({ length: count }, (_, n) =>
      sampleSession(4096 + n, {
        subjectKey: n % 2 ? sampleSubject(n) : null,
        meta: new Uint8Array(180),
        data: new Uint8Array(229),
      }),
    );
    await Promise.all(sessions.map(({ key, record }) => store.create(key, record, { now })));
    let touched = 0;
    const touch = async () => {
      while (touched < touches) {
        touched += 1;
        // Spread over the table, as requests are: 1009 and the count have no common divisor.
        const { key } = sessions[(touched * 1009) % count] ?? expect.unreachable();
        expect(await store.touch(key, 1, now + 1_800_000 + touched)).toBe(true);
      }
    };
    await Promise.all([touch(), touch(), touch(), touch()]);
    // Connections that end hand their counts in.
    await end();
    const counts = async () => {
      const { rows } = await admin.query(
        `SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables
         WHERE relname = $1`,
        [table],
      );
      return rows[0] as { readonly updates: number; readonly hot: number };
    };
    await eventually("the counts are in", async () => (await counts()).updates >= touches);
    const { updates, hot } = await counts();
    expect(updates).toBe(touches);
    expect(hot / updates).toBeGreaterThanOrEqual(0.9);
  });

  it("waits for the disk with what must stay revoked, though the database does not", async () => {
    const table = await newTable(admin);
    await admin.query(`
      CREATE ROLE lax LOGIN SUPERUSER; ALTER ROLE lax SET synchronous_commit = off;
      CREATE ROLE firm LOGIN SUPERUSER; ALTER ROLE firm SET synchronous_commit = remote_apply;
      CREATE TABLE commits (said text);
      CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO commits VALUES (TG_OP || ' ' || current_setting('synchronous_commit'));
        RETURN NULL; END $$;
      CREATE TRIGGER said AFTER INSERT OR UPDATE OR DELETE ON ${table}
        FOR EACH ROW EXECUTE FUNCTION say()`);
    const said = async (role: string) => {
      await admin.query("DELETE FROM commits");
      const url = server.url.replace("//test@", `//${role}@`);
      const { store, end } = pgStore(openPool(url, { max: 1 }), { table });
      const [one, two, three] = [1, 2, 3].map((n) => sampleSession(n, { subjectKey: alice }));
      if (!(one && two && three)) throw new Error("there are three");
      await store.create(one.key, one.record, { now });
      await store.put(one.key, { ...one.record, version: 2 });
      await store.create(two.key, two.record, { now, replaces: one.key });
      await store.delete(two.key);
      await store.create(three.key, three.record, { now });
      await store.deleteSubject(alice);
      await store.create(one.key, one.record, { now });
      await store.deleteAll();
      // The setting has ended with each transaction.
      await store.create(two.key, two.record, { now });
      await end();
      await admin.query(`TRUNCATE ${table}`);
      const { rows } = await admin.query("SELECT DISTINCT said FROM commits ORDER BY said");
      return rows.map((row) => row.said);
    };
    const lax = await said("lax");
    expect(lax.filter((text) => text.startsWith("DELETE"))).toEqual(["DELETE on"]);
    expect(lax).toContain("UPDATE off");
    expect(lax).toContain("INSERT off");
    expect((await said("firm")).filter((text) => text.startsWith("DELETE"))).toEqual([
      "DELETE remote_apply",
    ]);
  });
});
