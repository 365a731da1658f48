/** The store suite on Redis, by every kind of client: a single server, a cluster, and a user of the least rights. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  type RedisCluster,
  type ServerWithUrl,
  startRedis,
  startRedisCluster,
} from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { redisStore } from "../src/stores/redis.ts";
import { storeCases } from "../src/testing/index.ts";
import {
  clusterClients,
  freshPrefix,
  type OpenClient,
  type OpenedClient,
  openIoredis,
  type RedisTarget,
  redisGrounds,
  singleClients,
} from "./support/redis.ts";

/** What every client of the plain suites claims. */
const traits = {
  shared: "network",
  revocation: "until-failover",
  index: true,
  nativeExpiry: true,
  durable: false,
} as const;

function runSuite(name: string, openClient: OpenClient, target: () => RedisTarget): void {
  describe(name, () => {
    let clients: [OpenedClient, OpenedClient];
    beforeAll(async () => {
      clients = [await openClient(target()), await openClient(target())];
    });
    afterAll(async () => {
      for (const client of clients) await client.close();
    });

    const grounds = redisGrounds(() => clients);
    afterEach(() => grounds.clean());
    for (const { title, needs, run } of storeCases) {
      if (needs?.(traits) ?? true) it(title, () => run(grounds.harness()));
    }
  });
}

describeWith("redis", "the store suite on Redis", () => {
  const given = process.env.HOLDFAST_TEST_REDIS_URL;
  let server: ServerWithUrl | undefined;
  let target: RedisTarget;

  beforeAll(async () => {
    if (given !== undefined) {
      const { hostname, port, username, password } = new URL(given);
      const user = username === "" ? {} : { username, password };
      target = { host: hostname, port: Number(port || 6379), ...user };
      return;
    }
    server = await startRedis();
    target = { port: server.port };
  });
  afterAll(() => server?.stop());

  for (const [name, openClient] of Object.entries(singleClients)) {
    runSuite(name, openClient, () => target);
  }
});

describeWith("redis", "the store suite on a Redis Cluster", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster?.stop());

  for (const [name, openClient] of Object.entries(clusterClients)) {
    runSuite(name, openClient, () => ({ port: cluster.nodes[0]?.port ?? 0 }));
  }
});

describeWith("redis", "the store suite on a Redis that keeps its data", () => {
  let server: ServerWithUrl;
  let clients: OpenedClient[] = [];
  beforeAll(async () => {
    server = await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await server?.stop();
  });

  const cases = storeCases.filter(({ needs }) => needs?.({ ...traits, durable: true }) ?? true);
  const added = cases.filter(({ needs }) => !(needs?.(traits) ?? true));
  for (const { title, run } of added) {
    it(title, async () => {
      const prefix = freshPrefix();
      const open = async () => {
        const opened = await openIoredis(server);
        clients.push(opened);
        const store = redisStore(opened.client, { prefix, persistent: true });
        expect(store.traits).toEqual({ ...traits, durable: true });
        return store;
      };
      const reopen = async () => {
        for (const client of clients) await client.close();
        clients = [];
        await server.kill();
        await server.start();
        return open();
      };
      await run({ open, reopen });
    });
  }

  it("has a case for it", () => {
    expect(added.map(({ title }) => title)).toHaveLength(1);
  });
});
