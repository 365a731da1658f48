/** The clients that fit, by their own types. */
import type { GlideClient, GlideClusterClient } from "@valkey/valkey-glide";
import type { Cluster, Redis } from "ioredis";
import type { Redis as Valkey, Cluster as ValkeyCluster } from "iovalkey";
import type { createClient, createCluster } from "redis";
import { expectTypeOf } from "vitest";
import { type RedisStoreClient, redisStore } from "./redis.ts";

expectTypeOf<Redis>().toExtend<RedisStoreClient>();
expectTypeOf<Cluster>().toExtend<RedisStoreClient>();
expectTypeOf<Valkey>().toExtend<RedisStoreClient>();
expectTypeOf<ValkeyCluster>().toExtend<RedisStoreClient>();
expectTypeOf<ReturnType<typeof createClient>>().toExtend<RedisStoreClient>();
expectTypeOf<ReturnType<typeof createCluster>>().toExtend<RedisStoreClient>();
expectTypeOf<GlideClient>().toExtend<RedisStoreClient>();
expectTypeOf<GlideClusterClient>().toExtend<RedisStoreClient>();
expectTypeOf<{ get(key: string): Promise<string> }>().not.toExtend<RedisStoreClient>();
expectTypeOf<Map<string, string>>().not.toExtend<RedisStoreClient>();

declare const client: Redis;
redisStore(client, { replicas: { client, count: 1 } });
// @ts-expect-error a misspelt option
redisStore(client, { prefx: "a" });
// @ts-expect-error the number of replicas is for the caller to say
redisStore(client, { replicas: { client } });
