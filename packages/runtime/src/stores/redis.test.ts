/** What the Redis store refuses at start-up, and what it claims. */
import { GlideClient } from "@valkey/valkey-glide";
import { Redis } from "ioredis";
import { Redis as Valkey } from "iovalkey";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import { describe, expect, it } from "vitest";
import { type RedisStoreClient, redisStore } from "./redis.ts";

const lazy = { lazyConnect: true } as const;
const nodes = [{ host: "127.0.0.1", port: 1 }];
const rootNodes = [{ url: "redis://127.0.0.1:1" }];

/** A client that is made by connecting: what it keeps of its configuration, without a server. */
const glide = (config: object): RedisStoreClient =>
  Object.assign(Object.create(GlideClient.prototype), { config });

const fitting: Readonly<Record<string, () => RedisStoreClient>> = {
  ioredis: () => new Redis(lazy),
  "ioredis by Sentinel": () => new Redis({ sentinels: nodes, name: "main", ...lazy }),
  "ioredis Cluster": () => new Redis.Cluster(nodes, lazy),
  iovalkey: () => new Valkey(lazy),
  "iovalkey Cluster": () => new Valkey.Cluster(nodes, lazy),
  "node-redis": () => createClient(),
  "node-redis cluster": () => createCluster({ rootNodes }),
  glide: () => glide({ addresses: nodes, readFrom: "primary" }),
};

const refused: Readonly<Record<string, readonly [() => unknown, RegExp]>> = {
  nothing: [() => undefined, /must be a client of ioredis/],
  "another object": [() => new Map(), /must be a client of ioredis/],
  "a pool of node-redis": [() => createClientPool(), /must be a client of ioredis/],
  "Sentinel of node-redis": [
    () => createSentinel({ name: "main", sentinelRootNodes: nodes }),
    /for Sentinel use ioredis/,
  ],
  "ioredis that reads from a replica by Sentinel": [
    () => new Redis({ sentinels: nodes, name: "main", role: "slave", ...lazy }),
    /reads from replicas/,
  ],
  "ioredis in read-only mode": [
    () => new Redis({ readOnly: true, ...lazy }),
    /reads from replicas/,
  ],
  "ioredis Cluster that scales reads": [
    () => new Redis.Cluster(nodes, { scaleReads: "slave", ...lazy }),
    /reads from replicas/,
  ],
  "ioredis Cluster that scales reads by a function": [
    () => new Redis.Cluster(nodes, { scaleReads: () => expect.unreachable(), ...lazy }),
    /reads from replicas/,
  ],
  "iovalkey Cluster that scales reads": [
    () => new Valkey.Cluster(nodes, { scaleReads: "all", ...lazy }),
    /reads from replicas/,
  ],
  "ioredis with a prefix": [() => new Redis({ keyPrefix: "a:", ...lazy }), /"keyPrefix"/],
  "ioredis Cluster with a prefix": [
    () => new Redis.Cluster(nodes, { redisOptions: { keyPrefix: "a:" }, ...lazy }),
    /"keyPrefix"/,
  ],
  "node-redis cluster that uses replicas": [
    () => createCluster({ rootNodes, useReplicas: true }),
    /reads from replicas/,
  ],
  "node-redis in read-only mode": [() => createClient({ readonly: true }), /reads from replicas/],
  "node-redis with a prefix": [() => createClient({ keyPrefix: "a:" }), /"keyPrefix"/],
  "node-redis with a cache": [
    () => createClient({ RESP: 3, clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: "LRU" } }),
    /"clientSideCache"/,
  ],
  "glide that reads from replicas": [
    () => glide({ readFrom: "preferReplica" }),
    /reads from replicas/,
  ],
  "glide with a cache": [() => glide({ clientSideCache: {} }), /"clientSideCache"/],
};

describe("redisStore", () => {
  for (const [name, make] of Object.entries(fitting)) {
    it(`takes ${name}`, async () => {
      const store = redisStore(make());
      expect(store.name).toBe("redis");
      await store.close();
    });
  }

  for (const [name, [make, message]] of Object.entries(refused)) {
    it(`refuses ${name}`, () => {
      const client = make() as RedisStoreClient;
      expect(() => redisStore(client)).toThrow(
        expect.objectContaining({
          code: "HOLDFAST_OPTION",
          details: { option: "client" },
          message: expect.stringMatching(message),
        }),
      );
      const replicas = { client, count: 1 };
      expect(() => redisStore(new Redis(lazy), { replicas })).toThrow(/"replicas.client"/);
    });
  }

  it("claims what its options say", () => {
    const client = new Redis(lazy);
    expect(redisStore(client).traits).toEqual({
      shared: "network",
      revocation: "until-failover",
      index: true,
      nativeExpiry: true,
      durable: false,
    });
    expect(redisStore(client, { persistent: true }).traits.durable).toBe(true);
    expect(redisStore(client, { evicts: true }).traits.index).toBe(false);
  });

  for (const prefix of ["", "a b", "a{b}", "a*", "ä", "a".repeat(33)]) {
    it(`refuses the prefix ${JSON.stringify(prefix)}`, () => {
      expect(() => redisStore(new Redis(lazy), { prefix })).toThrow(/"prefix" must be/);
    });
  }

  it("refuses options that it does not know, or that are out of range", () => {
    const [client, second] = [new Redis(lazy), new Redis(lazy)];
    const fails = (options: object, message: RegExp) =>
      expect(() => redisStore(client, options), String(message)).toThrow(message);
    fails({ prefx: "a" }, /"prefx" is not an option/);
    fails({ evicts: "yes" }, /"evicts" must be true or false/);
    fails({ persistent: 1 }, /"persistent" must be true or false/);
    fails({ replicas: { client: second, count: 0 } }, /"replicas.count" must be a whole number/);
    fails({ replicas: { client: second, count: 1.5 } }, /"replicas.count"/);
    fails(
      { replicas: { client: second, count: 1, timeoutMilliseconds: 0 } },
      /"replicas.timeoutMilliseconds" must be a whole number from 1 to 10000/,
    );
    fails({ replicas: { client: second, count: 1, timeout: 5 } }, /"replicas.timeout" is not/);
    fails({ replicas: { client, count: 1 } }, /"replicas.client" must be a client of its own/);
    const cluster = Object.assign(glide({}), { invokeScriptWithRoute: () => {} });
    fails({ replicas: { client: cluster, count: 1 } }, /"replicas.client" cannot promise/);
  });

  it("fails as the client does where there is no server, and leaves no rejection behind", async () => {
    const client = new Redis(1, "127.0.0.1", {
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      lazyConnect: true,
    });
    client.on("error", () => {});
    const store = redisStore(client);
    store.watch?.(() => expect.unreachable());
    await expect(store.get("0".repeat(68))).rejects.toThrow();
    await expect(store.delete("0".repeat(68))).rejects.toThrow();
    await store.close();
  });
});

it("sends what one turn of the event loop reads by ioredis in one write, and holds nothing longer", async () => {
  const log: string[] = [];
  const stream = { cork: () => log.push("cork"), uncork: () => log.push("uncork") };
  const getBuffer = async (key: string) => {
    log.push(key.slice(-1));
    return null;
  };
  const client = Object.assign(new Redis(lazy), { stream, getBuffer });
  const store = redisStore(client as unknown as RedisStoreClient);
  const turn = () => new Promise(setImmediate);

  void store.get(`${"0".repeat(67)}1`);
  await store.get(`${"0".repeat(67)}2`);
  await turn();
  await store.get(`${"0".repeat(67)}3`);
  await turn();

  expect(log).toEqual(["cork", "1", "2", "uncork", "cork", "3", "uncork"]);
  store.close();
});
