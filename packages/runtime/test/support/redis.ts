/**
 * One way to open, count and close every kind of Redis client, for tests of the Redis store.
 * @module
 */
import { GlideClient, GlideClusterClient, Logger } from "@valkey/valkey-glide";
import { Redis } from "ioredis";
import { Redis as Valkey } from "iovalkey";
import { createClient, createCluster } from "redis";
import {
  type RedisStoreClient,
  type RedisStoreOptions,
  redisStore,
} from "../../src/stores/redis.ts";
import type { SessionStore } from "../../src/stores/store.ts";
import type { StoreHarness } from "../../src/testing/index.ts";

export interface OpenedClient {
  readonly client: RedisStoreClient;
  close(): unknown;
}

/** Where to, and as whom. */
export interface RedisTarget {
  readonly port: number;
  readonly host?: string;
  readonly username?: string;
  readonly password?: string;
  /** The authority that the server's certificate must be of; plain TCP if absent. */
  readonly ca?: string;
}

export type OpenClient = (target: RedisTarget) => Promise<OpenedClient>;

// The client logs by itself what the tests provoke.
Logger.setLoggerConfig("off");

/** Provoked failures are judged by what the store answers; without a listener they would end the process. */
const ignoreErrors = (): void => {};

const HOST = "127.0.0.1";

export const openIoredis: OpenClient = async ({ port, host = HOST, ca, ...user }) => {
  const client = new Redis({ port, host, ...user, ...(ca !== undefined && { tls: { ca } }) });
  client.on("error", ignoreErrors);
  return { client, close: () => client.disconnect() };
};

export const openIovalkey: OpenClient = async ({ port, host = HOST, ca, ...user }) => {
  const client = new Valkey({ port, host, ...user, ...(ca !== undefined && { tls: { ca } }) });
  client.on("error", ignoreErrors);
  return { client, close: () => client.disconnect() };
};

export const openNodeRedis: OpenClient = async ({ port, host = HOST, ca, ...user }) => {
  const tls = ca === undefined ? {} : { tls: true as const, ca };
  const client = createClient({ ...user, socket: { port, host, ...tls } });
  client.on("error", ignoreErrors);
  await client.connect();
  return { client, close: () => client.destroy() };
};

export const openGlide: OpenClient = async ({ port, host = HOST, ca, ...user }) => {
  const client = await GlideClient.createClient(glideConfig({ port, host, ...user }, ca));
  return { client, close: () => client.close() };
};

function glideConfig({ port, host = HOST, username, password }: RedisTarget, ca?: string) {
  return {
    addresses: [{ host, port }],
    requestTimeout: 5000,
    ...(username !== undefined && { credentials: { username, password: password ?? "" } }),
    ...(ca !== undefined && {
      useTLS: true,
      advancedConfiguration: { tlsAdvancedConfiguration: { rootCertificates: ca } },
    }),
  };
}

export const singleClients: Readonly<Record<string, OpenClient>> = {
  ioredis: openIoredis,
  iovalkey: openIovalkey,
  "node-redis": openNodeRedis,
  glide: openGlide,
};

export const openIoredisCluster: OpenClient = async ({ port, host = HOST, ...redisOptions }) => {
  const client = new Redis.Cluster([{ port, host }], { redisOptions });
  client.on("error", ignoreErrors);
  return { client, close: () => client.disconnect() };
};

export const openNodeRedisCluster: OpenClient = async ({ port, host = HOST, ...defaults }) => {
  const client = createCluster({ rootNodes: [{ url: `redis://${host}:${port}` }], defaults });
  client.on("error", ignoreErrors);
  await client.connect();
  return { client, close: () => client.destroy() };
};

export const openGlideCluster: OpenClient = async (target) => {
  const client = await GlideClusterClient.createClient(glideConfig(target));
  return { client, close: () => client.close() };
};

export const clusterClients: Readonly<Record<string, OpenClient>> = {
  "ioredis Cluster": openIoredisCluster,
  "node-redis cluster": openNodeRedisCluster,
  "glide cluster": openGlideCluster,
};

let grounds = 0;

/** A prefix that nobody else uses, on a server that others may use too. */
export function freshPrefix(): string {
  grounds += 1;
  return `t${process.pid.toString(36)}-${Date.now().toString(36)}-${grounds}:`;
}

/** Grounds on one server: a prefix each. `clean` ends the stores that were opened since the last time. */
export interface RedisGrounds {
  harness(): StoreHarness;
  clean(): Promise<void>;
}

/** @param clients Two, as two processes have them. */
export function redisGrounds(
  clients: () => readonly [OpenedClient, OpenedClient],
  options: RedisStoreOptions = {},
): RedisGrounds {
  const stores: SessionStore[] = [];
  return {
    harness() {
      const prefix = freshPrefix();
      const open = () => {
        const { client } = clients()[stores.length % 2] ?? clients()[0];
        const store = redisStore(client, { prefix, ...options });
        stores.push(store);
        return store;
      };
      return { open, reopen: open };
    },
    async clean() {
      for (const store of stores.splice(0)) {
        await store.deleteAll();
        await store.close();
      }
    },
  };
}
