/**
 * Remember-me over the stores that are servers: the same lives on each, and on Memcached what goes without an
 * index.
 */
import { Redis } from "ioredis";
import type { Pool } from "pg";
import { afterAll, beforeAll, it } from "vitest";
import {
  type PrivateServer,
  type ServerWithUrl,
  startMariadb,
  startRedis,
} from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { memcachedStore } from "../src/stores/memcached.ts";
import { mysqlStore } from "../src/stores/mysql.ts";
import { postgresStore } from "../src/stores/postgres.ts";
import { redisStore } from "../src/stores/redis.ts";
import { freshPrefix as freshMemcached, startServers } from "./support/memcached.ts";
import { createTables, type MysqlTestPool, openPool } from "./support/mysql.ts";
import { newTable, startGround } from "./support/postgres.ts";
import { freshPrefix } from "./support/redis.ts";
import { rememberCases, withoutIndexCases } from "./support/remember-stores.ts";

describeWith("redis", "remember-me over Redis", () => {
  let server: ServerWithUrl;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.port);
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });
  for (const { title, run } of rememberCases) {
    it(title, () => run(redisStore(client, { prefix: freshPrefix() })));
  }
});

describeWith("postgres", "remember-me over PostgreSQL", () => {
  let server: ServerWithUrl;
  let pool: Pool;
  beforeAll(async () => {
    ({ server, admin: pool } = await startGround());
  }, 30_000);
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });
  for (const { title, run } of rememberCases) {
    it(title, async () => run(postgresStore(pool, { table: await newTable(pool) })));
  }
});

describeWith("mariadb", "remember-me over MariaDB", () => {
  let server: Awaited<ReturnType<typeof startMariadb>>;
  let pool: MysqlTestPool;
  beforeAll(async () => {
    server = await startMariadb();
    for (const n of rememberCases.keys()) await createTables(server, `sessions_${n}`);
    pool = openPool("mysql2", server);
  }, 60_000);
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });
  for (const [n, { title, run }] of rememberCases.entries()) {
    it(title, () => run(mysqlStore(pool, { table: `sessions_${n}` })));
  }
});

describeWith("memcached", "remember-me over Memcached", () => {
  let servers: readonly PrivateServer[] = [];
  beforeAll(async () => {
    servers = await startServers(1);
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  const cases = [...rememberCases.filter(({ needsIndex }) => !needsIndex), ...withoutIndexCases];
  for (const { title, run } of cases) {
    it(title, async () => {
      const all = servers.map(({ host, port }) => ({ host, port }));
      const store = memcachedStore({ servers: all, prefix: freshMemcached() });
      await run(store);
      await store.close();
    });
  }
});
