/** An application and its MariaDB, with a bad network between them. */
import { afterAll, beforeAll } from "vitest";
import { type ServerWithUrl, startMariadb } from "../../../../scripts/servers.mjs";
import { describeWith } from "../../../../test-support/needs.ts";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { watchProcess } from "../support/faults.ts";
import { GIVES_UP_MILLISECONDS, networkFaults, strandedFault } from "../support/faults-network.ts";
import { createTables, openPool } from "../support/mysql.ts";

describeWith("mariadb", "MariaDB behind a bad network", () => {
  let server: ServerWithUrl & { readonly user: string };
  beforeAll(async () => {
    server = await startMariadb();
    await createTables(server, "sessions");
  }, 60_000);
  afterAll(() => server?.stop());
  watchProcess();

  networkFaults(
    "mysql2",
    () => server.port,
    (port) => {
      const pool = openPool("mysql2", { host: server.host, port, user: server.user });
      return { store: mysqlStore(pool, { table: "sessions" }), end: () => pool.end() };
    },
  );

  strandedFault(
    "mariadb",
    () => server.port,
    (port) => {
      const { host, user } = server;
      const settings = { mariadb: { socketTimeout: GIVES_UP_MILLISECONDS } };
      const pool = openPool("mariadb", { host, port, user }, settings);
      return { store: mysqlStore(pool, { table: "sessions" }), end: () => pool.end() };
    },
  );
});
