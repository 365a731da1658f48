/** An application while its PostgreSQL restarts, dies, throws it out or has no connection for it. */
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ServerWithUrl } from "../../../../scripts/servers.mjs";
import { describeWith } from "../../../../test-support/needs.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import {
  BACK_MILLISECONDS,
  ending,
  expectAway,
  expectBack,
  expectGone,
  expectKept,
  expectReportedOnce,
  expectSurvived,
  ghostOf,
  POLL,
  startApp,
  startLoad,
  visitorOf,
  watchProcess,
} from "../support/faults.ts";
import { clockFaults } from "../support/faults-clocks.ts";
import { answering, newTable, openPool, pgStore, startGround } from "../support/postgres.ts";

describeWith("postgres", "an application on PostgreSQL", () => {
  let server: ServerWithUrl;
  let admin: Pool;
  beforeAll(async () => {
    ({ server, admin } = await startGround(["-c", "fsync=on"]));
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });
  watchProcess();

  const openApp = async (settings = {}) => {
    const pool = openPool(server.url, settings);
    ending(() => pool.end());
    return { pool, app: await startApp(postgresStore(pool, { table: await newTable(admin) })) };
  };

  for (const how of ["halt", "kill"] as const) {
    const title = how === "halt" ? "is restarted" : "is killed and comes back";
    it(`keeps what was confirmed while the server ${title} under load`, async () => {
      const { app } = await openApp();
      await expectSurvived(app, server[how], async () => {
        await server.start();
        await answering(admin);
      });
    });
  }

  it("keeps what was confirmed while every connection is ended by an administrator, again and again", async () => {
    const { app } = await openApp();
    const ghost = await ghostOf(app);
    const names = ["alice", "bob", "carol", "dave"];
    const visitors = await Promise.all(names.map((name) => visitorOf(app, name)));
    const load = startLoad(visitors);
    for (let times = 0; times < 5; times += 1) {
      await load.goesOn();
      const { rowCount } = await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE pid <> pg_backend_pid() AND query LIKE '%sessions_%'`,
      );
      expect(rowCount).toBeGreaterThan(0);
      const endedAt = performance.now();
      await expect.poll(() => load.lastConfirmedAt, POLL).toBeGreaterThan(endedAt);
      expect(load.lastConfirmedAt - endedAt).toBeLessThan(BACK_MILLISECONDS);
    }
    await load.goesOn();
    await load.stop();
    await expectKept(visitors, load);
    await expectGone(ghost);
  });

  it("answers 503 at the deadline while the pool has no connection to give", async () => {
    const { pool, app } = await openApp({ max: 1 });
    const alice = await visitorOf(app, "alice");
    const taken = await pool.connect();
    expectAway(await alice.ask("/read"), alice);
    expectAway(await alice.post("/count"), alice);
    taken.release();
    await expectBack(alice);
    expect(await alice.read()).toEqual({ subject: "alice", n: 0 });
    expectReportedOnce(app);
  });

  clockFaults(
    "pg",
    async () => {
      const table = await newTable(admin);
      return () => pgStore(openPool(server.url), { table });
    },
    { sweeps: true },
  );
});
