/**
 * Measures one store at several sizes, in turn: each size has a server of its own, filled beforehand.
 * @module
 */
import { randomBytes, randomInt } from "node:crypto";
import { postgresSchema, postgresStore } from "holdfast/stores/postgres";
import { redisStore } from "holdfast/stores/redis";
import type { SessionStore } from "holdfast/stores/store";
import { sampleSession } from "holdfast/testing";
import { Redis } from "ioredis";
import pg from "pg";
import { type ServerWithUrl, startPostgres, startRedis } from "../../../scripts/servers.mjs";
import { startTcpProxy } from "../../../scripts/tcp-proxy.mjs";
import { applyLoad, requestText } from "../bench/load.ts";
import { Browser, openAgent } from "../support/browser.ts";
import { type ServerProcess, startServer } from "../support/child.ts";
import { commandsOf, type Protocol } from "../support/wire.ts";
import { filledKey, fillPostgres, fillRedis } from "./fill.ts";

export interface GrowthOptions {
  readonly store: GrowthStore;
  readonly sizes: readonly number[];
  /** How many sessions the account has that signs out everywhere. */
  readonly ofOne: readonly number[];
  readonly rounds: number;
  readonly onProgress?: (text: string) => void;
}

/** Times in microseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

export interface SizeResult {
  readonly count: number;
  /** An unchanged request over HTTP, round by round. */
  readonly rounds: readonly Quantiles[];
  /** A read of a session chosen at random, by the store alone. */
  readonly reads: readonly Quantiles[];
  /** What one unchanged request sends to the server. */
  readonly commands: readonly string[];
  /** Pages that the server looks at for one read; PostgreSQL only. */
  readonly buffers: number | undefined;
  readonly bytesPerSession: number;
  readonly everywhere: readonly { readonly sessions: number; readonly milliseconds: number }[];
}

export interface GrowthResult {
  readonly store: GrowthStore;
  readonly sizes: readonly SizeResult[];
}

interface OpenStore {
  readonly store: SessionStore;
  /** Bytes that the server holds, in memory or on disk. */
  size(): Promise<number>;
  /** Pages looked at for one read. */
  buffers(key: string): Promise<number | undefined>;
  close(): Promise<void>;
}

interface StoreKind {
  readonly system: string;
  readonly server: string;
  readonly protocol: Protocol;
  start(): Promise<ServerWithUrl>;
  open(url: string): Promise<OpenStore>;
  fill(server: ServerWithUrl, store: SessionStore, count: number): Promise<void>;
}

export type GrowthStore = "redis" | "postgres";

export const growthStores: Readonly<Record<GrowthStore, StoreKind>> = {
  redis: {
    system: "holdfast-redis",
    server: "redis",
    protocol: "redis",
    start: () => startRedis(),
    async open(url) {
      const client = new Redis(url);
      return {
        store: redisStore(client),
        async size() {
          const info = await client.info("memory");
          return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
        },
        buffers: async () => undefined,
        close: async () => client.disconnect(),
      };
    },
    fill: ({ port }, store, count) => fillRedis(port, store, count),
  },
  postgres: {
    system: "holdfast-postgres",
    server: "postgres",
    protocol: "postgres",
    start: () =>
      startPostgres({
        args: [
          "-c",
          "shared_buffers=1GB",
          "-c",
          "max_wal_size=8GB",
          "-c",
          "wal_level=minimal",
        ].concat(["-c", "max_wal_senders=0"]),
      }),
    async open(url) {
      const pool = new pg.Pool({ connectionString: url });
      await pool.query(postgresSchema("holdfast_sessions"));
      return {
        store: postgresStore(pool),
        async size() {
          const { rows } = await pool.query(
            "SELECT pg_total_relation_size('holdfast_sessions')::float8 AS bytes",
          );
          return rows[0].bytes;
        },
        async buffers(key) {
          const { rows } = await pool.query(
            `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT record FROM holdfast_sessions
             WHERE key = '\\x${key}'`,
          );
          const { Plan: plan } = rows[0]["QUERY PLAN"][0];
          return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
        },
        close: () => pool.end(),
      };
    },
    fill: ({ url }, store, count) => fillPostgres(url, store, count),
  },
};

const CONNECTIONS = 8;
const REQUESTS = 2000;
const READS = 2000;
const EVERYWHERE_TIMES = 3;

interface Ground {
  readonly count: number;
  readonly server: ServerWithUrl;
  readonly opened: OpenStore;
  readonly process: ServerProcess<{ readonly port: number }>;
  readonly requests: readonly string[];
  readonly bytesPerSession: number;
  readonly rounds: Quantiles[];
  readonly reads: Quantiles[];
}

export async function measureGrowth(options: GrowthOptions): Promise<GrowthResult> {
  const { store, sizes, ofOne, rounds, onProgress } = options;
  const kind = growthStores[store];
  const grounds: Ground[] = [];
  try {
    for (const count of sizes) {
      onProgress?.(`filling ${count} sessions`);
      grounds.push(await prepare(kind, count));
    }
    for (const ground of grounds) await takeRequests(ground);
    for (const ground of grounds) ground.rounds.length = 0;
    for (let round = 1; round <= rounds; round++) {
      for (const ground of grounds) {
        await takeRequests(ground);
        await takeReads(ground);
      }
      onProgress?.(`round ${round} of ${rounds}`);
    }
    const results: SizeResult[] = [];
    for (const ground of grounds) results.push(await finish(kind, ground, ofOne));
    return { store, sizes: results };
  } finally {
    for (const { process, opened, server } of grounds) {
      await process.stop();
      await opened.close();
      await server.stop();
    }
  }
}

async function prepare(kind: StoreKind, count: number): Promise<Ground> {
  const server = await kind.start();
  const opened = await kind.open(server.url);
  const before = await opened.size();
  await kind.fill(server, opened.store, count);
  const bytesPerSession = ((await opened.size()) - before) / count;
  const process = await startApplication(kind, server.url);
  const requests = await signIn(process.ready.port, CONNECTIONS);
  return {
    ...{ count, server, opened, process, requests, bytesPerSession },
    rounds: [],
    reads: [],
  };
}

function startApplication(kind: StoreKind, url: string) {
  const urls = JSON.stringify({ [kind.server]: url });
  return startServer<{ readonly port: number }>("bench/server.js", [
    kind.system,
    "0",
    "time",
    urls,
  ]);
}

async function signIn(port: number, count: number): Promise<readonly string[]> {
  const agent = openAgent();
  const requests: string[] = [];
  for (let n = 0; n < count; n++) {
    const browser = new Browser(agent, port);
    await browser.post("/sign-in");
    await browser.send("/page");
    requests.push(requestText({ method: "GET", path: "/page" }, port, browser.cookies));
  }
  agent.destroy();
  return requests;
}

async function takeRequests({ process, requests, rounds }: Ground): Promise<void> {
  const latencies: number[] = [];
  const { port } = process.ready;
  await applyLoad({ port, requests, milliseconds: 60_000, count: REQUESTS, latencies });
  rounds.push(quantilesOf(latencies));
}

async function takeReads({ opened, count, reads }: Ground): Promise<void> {
  const latencies: number[] = [];
  for (let n = 0; n < READS; n++) {
    const key = filledKey(randomInt(count));
    const startedAt = performance.now();
    const record = await opened.store.get(key);
    latencies.push((performance.now() - startedAt) * 1000);
    if (record === undefined) throw new Error("A session that was filled in is not there");
  }
  reads.push(quantilesOf(latencies));
}

function quantilesOf(latencies: number[]): Quantiles {
  latencies.sort((left, right) => left - right);
  const at = (part: number) => latencies[Math.floor(latencies.length * part)] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95) };
}

async function finish(
  kind: StoreKind,
  { count, server, opened, rounds, reads, bytesPerSession }: Ground,
  ofOne: readonly number[],
): Promise<SizeResult> {
  const everywhere: { sessions: number; milliseconds: number }[] = [];
  for (const sessions of ofOne) {
    everywhere.push({
      sessions,
      milliseconds: await everywhereMilliseconds(opened.store, sessions),
    });
  }
  return {
    ...{ count, rounds, reads, bytesPerSession, everywhere },
    commands: await commandsOfRequest(kind, server),
    buffers: await opened.buffers(filledKey(randomInt(count))),
  };
}

/** The fastest of a few: what else the machine does can only add. */
async function everywhereMilliseconds(store: SessionStore, sessions: number): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let times = 0; times < EVERYWHERE_TIMES; times++) {
    const subjectKey = randomBytes(32).toString("hex");
    const now = Date.now();
    for (let made = 0; made < sessions; ) {
      const batch: unknown[] = [];
      for (const end = Math.min(made + 100, sessions); made < end; made++) {
        const { record } = sampleSession(made, {
          ...{ subjectKey, createdAt: now, idleExpiresAt: now + 1_800_000 },
          absoluteExpiresAt: now + 43_200_000,
        });
        const key = subjectKey.slice(0, 4) + randomBytes(32).toString("hex");
        batch.push(store.create(key, record, { now }));
      }
      await Promise.all(batch);
    }
    const startedAt = performance.now();
    const removed = await store.deleteSubject(subjectKey);
    fastest = Math.min(fastest, performance.now() - startedAt);
    if (removed.length !== sessions) throw new Error("Not every session of the account was ended");
  }
  return fastest;
}

async function commandsOfRequest(
  kind: StoreKind,
  server: ServerWithUrl,
): Promise<readonly string[]> {
  const proxy = await startTcpProxy(server.port);
  const application = await startApplication(kind, server.url.replace(/:\d+/, `:${proxy.port}`));
  try {
    const { port } = application.ready;
    const requests = await signIn(port, 1);
    const load = { port, requests, milliseconds: 60_000, count: 10 };
    await applyLoad(load);
    proxy.forget();
    await applyLoad({ ...load, count: 1 });
    return commandsOf(kind.protocol, proxy.seen.chunksUp);
  } finally {
    await application.stop();
    await proxy.close();
  }
}
