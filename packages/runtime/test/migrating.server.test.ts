/**
 * Moving between real servers: the public suite from SQLite to PostgreSQL in both phases, and a live move
 * from Redis to PostgreSQL, session by session and by a copy that is stopped and goes on.
 */

import { Redis } from "ioredis";
import Database from "libsql";
import { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServerWithUrl, startRedis } from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { copySessions, migratingStore } from "../src/stores/migrating.ts";
import { postgresStore } from "../src/stores/postgres.ts";
import { redisStore } from "../src/stores/redis.ts";
import { sqliteStore } from "../src/stores/sqlite.ts";
import type { SessionStore } from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject, storeCases } from "../src/testing/index.ts";
import { newTable, startGround } from "./support/postgres.ts";

const now = () => sampleNow;
const phases = ["prepare", "move"] as const;

describeWith("postgres", "moving to PostgreSQL", () => {
  let server: ServerWithUrl;
  let pool: Pool;
  beforeAll(async () => {
    ({ server, admin: pool } = await startGround());
  }, 30_000);
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });

  for (const phase of phases) {
    describe(`store: migrating, from SQLite to PostgreSQL, phase ${phase}`, () => {
      const traits = migratingStore(
        sqliteStore(new Database(":memory:")),
        // Traits are known without a server.
        postgresStore(new Pool()),
        { phase },
      ).traits;
      for (const { title, needs, run } of storeCases) {
        if (!(needs?.(traits) ?? true)) continue;
        it(title, async () => {
          const from = sqliteStore(new Database(":memory:"));
          const table = await newTable(pool);
          const open = () => migratingStore(from, postgresStore(pool, { table }), { phase, now });
          await run({ open, reopen: open });
        });
      }
    });
  }

  describeWith("redis", "from Redis", () => {
    let redis: ServerWithUrl;
    let client: Redis;
    let from: SessionStore;
    beforeAll(async () => {
      redis = await startRedis();
      client = new Redis(redis.port);
      from = redisStore(client);
    });
    afterAll(async () => {
      client.disconnect();
      await redis.stop();
    });

    it("takes every live session along, by reading and by a copy that goes on where it stopped", async () => {
      const at = Date.now();
      const ada = sampleSubject(0xada0);
      const sessions = Array.from({ length: 120 }, (_, n) =>
        sampleSession(n, {
          subjectKey: n % 4 === 0 ? ada : null,
          createdAt: at,
          idleExpiresAt: at + 1_800_000,
          absoluteExpiresAt: at + 43_200_000,
          data: Buffer.alloc(n, n),
        }),
      );
      for (const { key, record } of sessions) await from.create(key, record, { now: at });
      const to = postgresStore(pool, { table: await newTable(pool) });
      const moving = migratingStore(from, to, { phase: "move" });

      // Some are moved by their browsers' requests, one is signed out meanwhile.
      for (const { key, record } of sessions.slice(0, 10)) {
        expect((await moving.get(key))?.handle).toBe(record.handle);
      }
      const [gone, ...kept] = sessions;
      expect(await moving.delete(gone?.key ?? "")).toBe(true);

      let cursor: string | undefined;
      let moved = 0;
      for (let stopped = 0; stopped < 100; stopped += 1) {
        // The first page, and then a new run, as after the command was stopped.
        const pages = copySessions(from, to, {
          batch: 25,
          ...(cursor === undefined ? {} : { cursor }),
        });
        const { value: page } = await pages.next();
        if (page === undefined) break;
        moved += page.moved;
        cursor = page.next;
        if (cursor === undefined) break;
      }
      expect(cursor).toBeUndefined();
      expect(moved).toBe(110);

      for (const { key, record } of kept) {
        expect(await from.get(key)).toBeUndefined();
        const arrived = await to.get(key);
        expect(arrived).toMatchObject({
          handle: record.handle,
          flags: 0,
          subjectKey: record.subjectKey,
        });
        expect(Buffer.from(arrived?.data ?? []).equals(Buffer.from(record.data))).toBe(true);
      }
      expect(await to.get(gone?.key ?? "")).toBeUndefined();
      expect(await to.listSubject(ada)).toHaveLength(29);
      expect(await moving.deleteSubject(ada)).toHaveLength(29);
      expect(await to.listSubject(ada)).toEqual([]);
    });
  });
});
