/** An application while its MariaDB restarts, dies, throws it out or has no connection for it. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type ServerWithUrl, startMariadb } from "../../../../scripts/servers.mjs";
import { describeWith } from "../../../../test-support/needs.ts";
import { mysqlStore } from "../../src/stores/mysql.ts";
import {
  ending,
  expectAway,
  expectBack,
  expectReportedOnce,
  expectSurvived,
  startApp,
  visitorOf,
  watchProcess,
} from "../support/faults.ts";
import { clockFaults } from "../support/faults-clocks.ts";
import { createTables, emptyTables, openPool } from "../support/mysql.ts";

const table = "sessions";

describeWith("mariadb", "an application on MariaDB", () => {
  let server: ServerWithUrl & { readonly user: string };
  beforeAll(async () => {
    server = await startMariadb({ args: ["--innodb-flush-log-at-trx-commit=1"] });
    await createTables(server, table);
  }, 60_000);
  afterAll(() => server?.stop());
  watchProcess();
  beforeEach(() => emptyTables(server, table));

  const open = (connectionLimit = 8) => {
    const { host, port, user } = server;
    return openPool("mysql2", { host, port, user }, { mysql2: { connectionLimit } });
  };
  const openApp = async (connectionLimit?: number) => {
    const pool = open(connectionLimit);
    ending(() => pool.end());
    return { pool, app: await startApp(mysqlStore(pool, { table })) };
  };

  for (const how of ["halt", "kill"] as const) {
    const title = how === "halt" ? "is restarted" : "is killed and comes back";
    it(`keeps what was confirmed while the server ${title} under load`, async () => {
      const { app } = await openApp();
      await expectSurvived(app, server[how], server.start);
    });
  }

  it("answers 503 at the deadline while the pool has no connection to give", async () => {
    const { pool, app } = await openApp(1);
    const alice = await visitorOf(app, "alice");
    const taken = await pool.getConnection();
    expectAway(await alice.ask("/read"), alice);
    expectAway(await alice.post("/count"), alice);
    taken.release();
    await expectBack(alice);
    expect(await alice.read()).toEqual({ subject: "alice", n: 0 });
    expectReportedOnce(app);
  });

  clockFaults(
    "mysql2",
    async () => () => {
      const pool = open();
      return { store: mysqlStore(pool, { table }), end: () => pool.end() };
    },
    { sweeps: true },
  );
});
