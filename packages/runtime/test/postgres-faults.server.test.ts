/**
 * The PostgreSQL store while its server restarts, is killed, has become a standby, or proves who it is.
 * @module
 */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ServerWithUrl } from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { postgresStore } from "../src/stores/postgres.ts";
import type { Awaitable, StoreProblem } from "../src/stores/store.ts";
import { sampleNow as now, sampleSession, sampleSubject } from "../src/testing/index.ts";
import {
  answering,
  clients,
  eventually,
  newTable,
  openPool,
  openSql,
  startGround,
} from "./support/postgres.ts";

const alice = sampleSubject(0xa11c);
const LONGEST_AWAY_MILLISECONDS = 1000;
const DEADLINE_MILLISECONDS = 2000;

describeWith("postgres", "the PostgreSQL store under faults", () => {
  let server: ServerWithUrl;
  let admin: Pool;
  beforeAll(async () => {
    ({ server, admin } = await startGround());
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });

  /**
   * The engine's deadline: `postgres` sometimes neither answers nor fails a call whose server was killed under it,
   * and goes on with the next ones.
   */
  const inTime = <T>(call: Awaitable<T>): Promise<T> => {
    const late = delay(DEADLINE_MILLISECONDS, undefined, { ref: false });
    return Promise.race([call, late.then(() => expect.unreachable("no answer in time"))]);
  };

  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  beforeEach(() => {
    unhandled.length = 0;
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
  });
  afterEach(() => {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    expect(unhandled).toEqual([]);
  });

  for (const [name, open] of clients) {
    for (const how of ["halt", "kill"] as const) {
      const title = how === "halt" ? "is restarted" : "is killed and comes back";
      it(`serves again when the server ${title} under load, with every confirmed write, through ${name}`, async () => {
        const table = await newTable(admin);
        const { store, end } = open(server.url, { table });
        const sessions = [1, 2, 3, 4].map((n) => sampleSession(n, { subjectKey: alice }));
        for (const { key, record } of sessions) await store.create(key, record, { now });

        /** Highest version that was confirmed, of each. */
        const confirmed = sessions.map(() => 1);
        let failures = 0;
        let lastSuccess = 0;
        let isOver = false;
        const write = async (n: number) => {
          const { key, record } = sessions[n] ?? expect.unreachable();
          while (!isOver) {
            try {
              const read = await inTime(store.get(key));
              const version = (read?.version ?? 0) + 1;
              if (await inTime(store.put(key, { ...record, version }))) confirmed[n] = version;
              lastSuccess = performance.now();
            } catch {
              failures += 1;
              // The event loop must turn: failing at once, again and again, would starve the server's end.
              await new Promise(setImmediate);
            }
          }
        };
        const load = Promise.all(sessions.map((_, n) => write(n)));
        const goesOn = async () => {
          const before = confirmed.reduce((sum, n) => sum + n);
          await eventually("writes are confirmed", async () =>
            Promise.resolve(confirmed.reduce((sum, n) => sum + n) > before + 50),
          );
        };
        await goesOn();
        await server[how]();
        await eventually("calls fail", async () => failures > 4);
        await server.start();
        await answering(admin);
        const backAt = performance.now();
        await eventually("a call succeeds", async () => lastSuccess > backAt);
        expect(lastSuccess - backAt).toBeLessThan(LONGEST_AWAY_MILLISECONDS);
        await goesOn();
        isOver = true;
        await load;
        for (const [n, { key }] of sessions.entries()) {
          expect((await store.get(key))?.version).toBeGreaterThanOrEqual(confirmed[n] ?? 0);
        }
        expect(await store.deleteSubject(alice)).toHaveLength(4);
        await end();
      });
    }

    it(`rejects, and works on, when connections are taken away in the middle of a call, through ${name}`, async () => {
      const table = await newTable(admin);
      const { store, end } = open(server.url, { table });
      const { key, record } = sampleSession(1, { subjectKey: alice });
      await store.create(key, record, { now });
      const holder = await admin.connect();
      await holder.query(`BEGIN; SELECT 1 FROM ${table} FOR UPDATE`);
      const put = store.put(key, { ...record, version: 2 });
      const outcome = Promise.allSettled([put]);
      const blocked = async () => {
        const { rows } = await admin.query(
          "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
        );
        return rows;
      };
      await eventually("the put waits", async () => (await blocked()).length === 1);
      const [{ pid }] = await blocked();
      await admin.query("SELECT pg_terminate_backend($1)", [pid]);
      expect(await outcome).toMatchObject([{ status: "rejected" }]);
      await holder.query("ROLLBACK");
      holder.release();
      expect(await store.put(key, { ...record, version: 2 })).toBe(true);
      await end();
    });
  }

  it("rejects with the client's own error when the pool has no connection to give", async () => {
    const pool = openPool(server.url, { max: 1, connectionTimeoutMillis: 20 });
    const store = postgresStore(pool, { table: await newTable(admin) });
    const taken = await pool.connect();
    await expect((async () => store.get("00ff"))()).rejects.toThrow(/timeout exceeded/);
    taken.release();
    expect(await store.get("00ff")).toBeUndefined();
    await pool.end();
  });

  for (const [name, open] of clients) {
    it(`serves nothing from a standby, and says so, through ${name}`, async () => {
      const table = await newTable(admin);
      const { store, end } = open(server.url, { table });
      const { key, record } = sampleSession(1, { subjectKey: alice });
      await store.create(key, record, { now });
      const signal = join(server.folder, "data", "standby.signal");
      await server.halt();
      writeFileSync(signal, "");
      await server.start();
      await answering(admin);
      await eventually("the store answers or refuses", () =>
        Promise.resolve(store.get("00ff")).then(
          () => true,
          () => false,
        ),
      );
      const standby = { code: "HOLDFAST_STORE", message: expect.stringMatching(/standby/) };
      for (const call of [
        async () => store.get(key),
        async () => store.listSubject(alice),
        async () => store.put(key, { ...record, version: 2 }),
        async () => store.deleteSubject(alice),
      ]) {
        await expect(call()).rejects.toMatchObject(standby);
      }
      const problems: StoreProblem[] = [];
      store.watch?.((problem) => problems.push(problem));
      await eventually("the problems are reported", async () => problems.length === 2);
      // The private server runs without fsync.
      expect(problems.map(({ problem }) => problem)).toEqual(["not-durable", "read-only"]);
      await server.halt();
      rmSync(signal);
      await server.start();
      await answering(admin);
      await eventually("the store answers", () =>
        Promise.resolve(store.get(key)).then(
          (read) => read?.version === 1,
          () => false,
        ),
      );
      await end();
    });
  }

  describe("over TLS", () => {
    let ca: string;
    let url: string;
    beforeAll(async () => {
      const { folder } = server;
      const at = (name: string) => join(folder, name);
      const openssl = (...args: readonly string[]) =>
        execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
      const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
      openssl(
        ...["req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.crt"],
        ...["-subj", "/CN=test-ca", "-days", "2"],
      );
      openssl(
        ...["req", ...newKey, "-keyout", "server.key", "-out", "server.csr"],
        ...["-subj", "/CN=localhost"],
      );
      writeFileSync(at("server.ext"), "subjectAltName = DNS:localhost, IP:127.0.0.1\n");
      openssl(
        ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key"],
        ...["-CAcreateserial", "-out", "server.crt", "-days", "2", "-extfile", "server.ext"],
      );
      // The server refuses a key that others can read, and one that belongs to neither it nor root.
      const { uid, gid } = statSync(folder);
      for (const name of ["server.key", "server.crt"]) chownSync(at(name), uid, gid);
      chmodSync(at("server.key"), 0o600);
      await admin.query(`ALTER SYSTEM SET ssl_cert_file = '${at("server.crt")}'`);
      await admin.query(`ALTER SYSTEM SET ssl_key_file = '${at("server.key")}'`);
      await admin.query("ALTER SYSTEM SET ssl = on");
      await admin.query("CREATE ROLE secure LOGIN SUPERUSER");
      const rules = join(folder, "data", "pg_hba.conf");
      const open = readFileSync(rules, "utf8");
      writeFileSync(rules, "hostnossl all secure all reject\n");
      appendFileSync(rules, open);
      await admin.query("SELECT pg_reload_conf()");
      await eventually("TLS is on", async () => {
        const { rows } = await admin.query("SHOW ssl");
        return rows[0].ssl === "on";
      });
      ca = readFileSync(at("ca.crt"), "utf8");
      url = server.url.replace("//test@127.0.0.1", "//secure@localhost");
    });

    it("works through both clients with the authority of one's own", async () => {
      const table = await newTable(admin);
      const pool = openPool(url, { ssl: { ca } });
      const sql = openSql(url, { ssl: { ca } });
      const { key, record } = sampleSession(1);
      expect(await postgresStore(pool, { table }).create(key, record, { now })).toBe("created");
      expect(await postgresStore(sql, { table }).get(key)).toMatchObject({ version: 1 });
      const { rows } = await pool.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
      expect(rows).toEqual([{ ssl: true }]);
      await Promise.all([pool.end(), sql.end()]);
    });

    it("rejects a server whose certificate nobody vouches for, and a connection without TLS", async () => {
      const table = await newTable(admin);
      for (const ssl of [true, false]) {
        const pool = openPool(url, { ssl });
        const sql = openSql(url, { ssl: ssl ? "verify-full" : false });
        const stores = [postgresStore(pool, { table }), postgresStore(sql, { table })];
        for (const store of stores) {
          await expect((async () => store.get("00ff"))()).rejects.toMatchObject({
            code: ssl ? expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY/) : "28000",
          });
        }
        await Promise.all([pool.end(), sql.end()]);
      }
    });

    it("is as the docs warn: postgres does not verify with ssl: require", async () => {
      const sql = openSql(url, { ssl: "require" });
      expect(await sql.unsafe("SELECT 1 AS n")).toMatchObject([{ n: 1 }]);
      await sql.end();
    });
  });
});
