/**
 * A private server that is killed can be started again at once.
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "pg";
import { expect, it } from "vitest";
import { startPostgres } from "../../../../scripts/servers.mjs";
import { describeWith } from "../../../../test-support/needs.ts";

describeWith("postgres", "a private PostgreSQL", () => {
  it("starts again at once when it was killed under work that goes on without it", async () => {
    const server = await startPostgres();
    const pool = new Pool({ connectionString: server.url, max: 4 });
    pool.on("error", () => undefined);
    try {
      const connected = await Promise.all(Array.from({ length: 4 }, () => pool.connect()));
      // A backend that computes notices only at the end that its server is gone.
      const work = connected.map(async (client) => {
        client.on("error", () => undefined);
        await client.query("SELECT 1");
        const counted = client.query("SELECT count(*) FROM generate_series(1, 3000000)");
        return counted.catch(() => undefined).finally(() => client.release(true));
      });
      await sleep(100);
      await server.kill();
      await server.start();
      await Promise.all(work);
      expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    } finally {
      await pool.end();
      await server.stop();
    }
  });
});
