/** Replicas, Sentinel, a server that comes back without its last writes, and slots that move meanwhile. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { findProgram } from "../../../scripts/programs.mjs";
import {
  type RedisCluster,
  type ServerWithUrl,
  startRedis,
  startRedisCluster,
} from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { redisStore } from "../src/stores/redis.ts";
import type { SessionStore } from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";
import {
  clusterClients,
  freshPrefix,
  type OpenClient,
  openIoredis,
  openIovalkey,
  openNodeRedis,
  type RedisTarget,
  singleClients,
} from "./support/redis.ts";

const now = sampleNow;
const alice = sampleSubject(0xa11c);
const POLL = { timeout: 20_000, interval: 50 } as const;

async function startReplica(primary: ServerWithUrl): Promise<ServerWithUrl> {
  const replica = await startRedis({ args: ["--replicaof", primary.host, String(primary.port)] });
  const admin = new Redis(replica.port, "127.0.0.1");
  await vi.waitFor(async () => expect(await admin.call("ROLE")).toContain("connected"), POLL);
  admin.disconnect();
  return replica;
}

/** Problems that each revocation reports while `count` replicas are asked for. */
async function revocationProblems(
  openClient: OpenClient,
  target: RedisTarget,
  count: number,
): Promise<readonly string[]> {
  const [own, waiting] = [await openClient(target), await openClient(target)];
  const problems: string[] = [];
  const store = redisStore(own.client, {
    prefix: freshPrefix(),
    replicas: { client: waiting.client, count, timeoutMilliseconds: count === 1 ? 2000 : 20 },
  });
  store.watch?.(({ problem }) => problems.push(problem));
  const [one, two, three] = [1, 2, 3].map((n) => sampleSession(n, { subjectKey: alice }));
  if (!one || !two || !three) expect.unreachable();
  for (const { key, record } of [one, two, three]) await store.create(key, record, { now });
  expect(await store.delete(one.key)).toBe(true);
  expect(await store.delete(one.key)).toBe(false);
  expect(await store.put(two.key, { ...two.record, version: 2, flags: 2 })).toBe(true);
  expect(await store.deleteSubject(alice)).toHaveLength(2);
  expect(await store.get(two.key)).toBeUndefined();
  await store.close();
  await own.close();
  await waiting.close();
  return problems;
}

describeWith("redis", "redisStore and replicas", () => {
  let primary: ServerWithUrl;
  let replica: ServerWithUrl;
  beforeAll(async () => {
    primary = await startRedis();
    replica = await startReplica(primary);
  });
  afterAll(async () => {
    await replica?.stop();
    await primary?.stop();
  });

  for (const [name, openClient] of Object.entries(singleClients)) {
    it(`has a revocation wait for a replica, and says when there are too few: ${name}`, async () => {
      expect(await revocationProblems(openClient, primary, 1)).toEqual([]);
      // Of the four, the second delete found nothing to delete, and waited all the same.
      const tooFew = await revocationProblems(openClient, primary, 2);
      expect(tooFew).toEqual(["replicas", "replicas", "replicas", "replicas"]);
    });
  }

  it("ends many sessions at once, within a request's deadline, while too few replicas are there", async () => {
    const [own, waiting] = [await openIoredis(primary), await openIoredis(primary)];
    const problems: string[] = [];
    const store = redisStore(own.client, {
      prefix: freshPrefix(),
      replicas: { client: waiting.client, count: 2, timeoutMilliseconds: 500 },
    });
    store.watch?.(({ problem }) => problems.push(problem));
    const sessions = Array.from({ length: 20 }, (_, n) => sampleSession(n));
    for (const { key, record } of sessions) await store.create(key, record, { now });
    const startedAt = performance.now();
    const ended = await Promise.all(sessions.map(({ key }) => store.delete(key)));
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(ended).toEqual(sessions.map(() => true));
    // The first by itself, and the others together.
    expect(problems).toEqual(["replicas", "replicas"]);
    await store.close();
    await own.close();
    await waiting.close();
  });

  it("says at start-up, and at each revocation, where WAIT is forbidden", async () => {
    const admin = new Redis(primary.port, "127.0.0.1");
    await admin.call("ACL", "SETUSER", "patientless", "on", "nopass", "~*", "+@all", "-wait");
    admin.disconnect();
    const target = { port: primary.port, username: "patientless", password: "x" };
    for (const openClient of [openIoredis, openNodeRedis]) {
      const problems = await revocationProblems(openClient, target, 1);
      expect(problems).toEqual(Array.from({ length: 5 }, () => "unverified"));
    }
  });
});

describeWith("redis", "redisStore and a server that comes back without its last writes", () => {
  const clients = { ioredis: openIoredis, iovalkey: openIovalkey, "node-redis": openNodeRedis };
  for (const [name, openClient] of Object.entries(clients)) {
    it(`deletes again what it deleted in the last minute: ${name}`, async () => {
      const server = await startRedis();
      const own = await openClient(server);
      const store = redisStore(own.client);
      const sessions = [1, 2, 3, 4].map((n) => sampleSession(n, { subjectKey: alice }));
      const [signedOut, replaced, next, revoked] = sessions;
      if (!signedOut || !replaced || !next || !revoked) expect.unreachable();
      const kept = sampleSession(5);
      for (const { key, record } of [signedOut, replaced, revoked, kept]) {
        await store.create(key, record, { now });
      }
      const admin = new Redis(server.port, "127.0.0.1", { lazyConnect: true });
      await admin.save();
      admin.disconnect();
      await store.delete(signedOut.key);
      await store.create(next.key, next.record, { now, replaces: replaced.key });
      expect(await store.deleteSubject(alice)).toHaveLength(2);

      await server.kill();
      await server.start();
      const left = async () => {
        const read = await Promise.all(
          [signedOut, replaced, revoked].map(async ({ key }) => store.get(key)),
        ).catch(() => ["away"]);
        return read.filter((record) => record !== undefined);
      };
      await expect.poll(left, POLL).toEqual([]);
      expect(await store.get(kept.key)).toBeDefined();
      await store.close();
      await own.close();
      await server.stop();
    });
  }
});

describeWith("redis", "redisStore behind Sentinel", () => {
  it("goes on with the new primary when the old one is killed", async () => {
    const primary = await startRedis();
    const replica = await startReplica(primary);
    const folder = mkdtempSync(join(tmpdir(), "hf-sentinel-"));
    // Sentinel writes to its file. It is the same program, with other arguments.
    const [config, program] = [join(folder, "sentinel.conf"), join(folder, "sentinel.sh")];
    writeFileSync(
      config,
      [
        `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
        "sentinel down-after-milliseconds main 300",
        "sentinel failover-timeout main 2000",
        "",
      ].join("\n"),
    );
    const redis = findProgram("redis");
    writeFileSync(
      program,
      `#!/bin/sh\nexec "${redis}" "${config}" --sentinel --port "$2" --bind 127.0.0.1\n`,
    );
    chmodSync(program, 0o755);
    const sentinel = await startRedis({ program });
    const asking = new Redis(sentinel.port, "127.0.0.1");
    await expect
      .poll(async () => JSON.stringify(await asking.call("SENTINEL", "replicas", "main")), POLL)
      .toContain(`"${replica.port}"`);

    const client = new Redis({
      sentinels: [{ host: "127.0.0.1", port: sentinel.port }],
      name: "main",
      maxRetriesPerRequest: 3,
    });
    client.on("error", () => {});
    const store = redisStore(client);
    const [one, two] = [sampleSession(1), sampleSession(2)];
    await store.create(one.key, one.record, { now });
    await store.create(two.key, two.record, { now });
    await store.delete(two.key);
    await client.wait(1, 2000);

    await primary.kill();
    const put = async () => store.put(one.key, { ...one.record, version: 2 });
    await expect.poll(put, POLL).toBe(true);
    expect(await store.get(one.key)).toMatchObject({ version: 2 });
    expect(await store.get(two.key)).toBeUndefined();

    await store.close();
    client.disconnect();
    asking.disconnect();
    for (const server of [sentinel, replica, primary]) await server.stop();
    rmSync(folder, { recursive: true });
  });
});

describeWith("redis", "redisStore on a cluster", () => {
  let cluster: RedisCluster;
  let port: number;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    port = cluster.nodes[0]?.port ?? 0;
  });
  afterAll(() => cluster?.stop());

  for (const name of ["ioredis Cluster", "node-redis cluster"] as const) {
    it(`has a revocation wait for a replica of its own node: ${name}`, async () => {
      const openClient = clusterClients[name] ?? expect.unreachable();
      expect(await revocationProblems(openClient, { port }, 1)).toEqual([]);
      const tooFew = await revocationProblems(openClient, { port }, 2);
      expect(tooFew).toEqual(["replicas", "replicas", "replicas", "replicas"]);
    });
  }

  /** Begins to move the slot of `{bucket}` to another primary; keys are moved by the test. */
  async function moveSlot(bucket: string) {
    const slot = await cluster.cli(port, "CLUSTER", "KEYSLOT", `{${bucket}}`);
    const rows = (await cluster.cli(port, "CLUSTER", "NODES"))
      .split("\n")
      .map((row) => row.split(" "));
    const primaries = rows
      .filter(([, , flags = ""]) => flags.includes("master"))
      .map(([id = "", address = "", , , , , , , ...ranges]) => ({
        id,
        port: Number(/:(\d+)@/.exec(address)?.[1]),
        has: ranges.some((range) => {
          const [first, last = first] = range.split("-").map(Number);
          return Number(slot) >= (first ?? 0) && Number(slot) <= (last ?? 0);
        }),
      }));
    const from = primaries.find(({ has }) => has) ?? expect.unreachable();
    const to = primaries.find(({ has }) => !has) ?? expect.unreachable();
    await cluster.cli(to.port, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
    await cluster.cli(from.port, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
    const keys = (await cluster.cli(from.port, "CLUSTER", "GETKEYSINSLOT", slot, "1000")).split(
      "\n",
    );
    const migrate = (...moved: readonly string[]) =>
      cluster.cli(
        ...([from.port, "MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS"] as const),
        ...moved,
      );
    return {
      keys,
      migrate,
      async finish() {
        for (const node of [to, from]) {
          await cluster.cli(node.port, "CLUSTER", "SETSLOT", slot, "NODE", to.id);
        }
      },
    };
  }

  for (const name of ["ioredis Cluster", "node-redis cluster"] as const) {
    it(`follows a slot to the node that it moved to, and waits there: ${name}`, async () => {
      const openClient = clusterClients[name] ?? expect.unreachable();
      const [own, waiting] = [await openClient({ port }), await openClient({ port })];
      const problems: unknown[] = [];
      const store = redisStore(own.client, {
        prefix: freshPrefix(),
        replicas: { client: waiting.client, count: 1, timeoutMilliseconds: 2000 },
      });
      store.watch?.((problem) => problems.push(problem));
      const [one, two] = [1, 2].map((n) => sampleSession(n, { subjectKey: alice }));
      if (!one || !two) expect.unreachable();
      for (const { key, record } of [one, two]) await store.create(key, record, { now });
      const { keys, migrate, finish } = await moveSlot(alice.slice(0, 4));
      await migrate(...keys);
      await finish();
      const ended = await Promise.all([store.delete(one.key), store.delete(two.key)]);
      expect(ended).toEqual([true, true]);
      expect(await store.listSubject(alice)).toEqual([]);
      expect(problems).toEqual([]);
      await store.close();
      await own.close();
      await waiting.close();
    });
  }

  for (const [name, openClient] of Object.entries(clusterClients)) {
    for (const [first, count] of [
      ["the index", 6],
      ["the index", 1],
      ["some sessions", 6],
    ] as const) {
      it(`revokes all ${count} while ${first} moved to another node: ${name}`, async () => {
        const own = await openClient({ port });
        const prefix = freshPrefix();
        const store: SessionStore = redisStore(own.client, { prefix });
        const sessions = [1, 2, 3, 4, 5, 6]
          .slice(0, count)
          .map((n) => sampleSession(n, { subjectKey: alice }));
        for (const { key, record } of sessions) await store.create(key, record, { now });
        await store.checkpoint(alice, now);
        // Indexes have members whose sessions are gone; these cannot be told from those that moved.
        const gone = sampleSession(7, { subjectKey: alice });
        if (count > 1) await store.create(gone.key, gone.record, { now });
        await cluster.cli(port, "-c", "DEL", `${prefix}{a11c}s:${gone.key.slice(4)}`);

        const { keys, migrate, finish } = await moveSlot(alice.slice(0, 4));
        const isIndex = (key: string) => /\}[uc]:/.test(key);
        const early = keys.filter((key, n) =>
          first === "the index" ? isIndex(key) : !isIndex(key) && n % 2 === 0,
        );
        expect(early.length * (keys.length - early.length)).toBeGreaterThan(0);
        await migrate(...early);
        let answered = false;
        const revoking = Promise.resolve(store.deleteSubject(alice)).finally(() => {
          answered = true;
        });
        // Far more round trips than it would take to revoke what one of the two nodes has.
        for (let n = 0; n < 60; n += 1) {
          expect(await store.get(sessions[n % count]?.key ?? "")).toBeDefined();
        }
        expect(answered).toBe(false);
        await migrate(...keys.filter((key) => !early.includes(key)));
        await finish();
        expect(await revoking).toHaveLength(count);
        for (const { key } of sessions) expect(await store.get(key)).toBeUndefined();
        expect(await store.listSubject(alice)).toEqual([]);
        await store.deleteAll();
        await store.close();
        await own.close();
      });
    }
  }
});
