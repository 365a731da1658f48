/** An application and its PostgreSQL, with a bad network between them. */
import type { Pool } from "pg";
import { afterAll, beforeAll } from "vitest";
import type { ServerWithUrl } from "../../../../scripts/servers.mjs";
import { describeWith } from "../../../../test-support/needs.ts";
import { watchProcess } from "../support/faults.ts";
import { GIVES_UP_MILLISECONDS, networkFaults, strandedFault } from "../support/faults-network.ts";
import { newTable, openPool, pgStore, startGround } from "../support/postgres.ts";

describeWith("postgres", "PostgreSQL behind a bad network", () => {
  let server: ServerWithUrl;
  let admin: Pool;
  beforeAll(async () => {
    ({ server, admin } = await startGround());
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });
  watchProcess();
  const urlAt = (port: number) => server.url.replace(`:${server.port}/`, `:${port}/`);

  networkFaults(
    "pg",
    () => server.port,
    async (port) => {
      const table = await newTable(admin);
      return pgStore(openPool(urlAt(port)), { table });
    },
  );

  strandedFault(
    "pg",
    () => server.port,
    async (port) => {
      const table = await newTable(admin);
      return pgStore(openPool(urlAt(port), { query_timeout: GIVES_UP_MILLISECONDS }), { table });
    },
  );
});
