/**
 * Tells the clients of Redis apart by their shape.
 * @module
 */
import { optionError } from "../errors.ts";
import type { RedisDriver, RedisStoreClient } from "./redis-client.ts";
import { glideDriver, isGlide } from "./redis-glide.ts";
import { ioredisDriver, isIoredis } from "./redis-ioredis.ts";
import {
  isNodeRedis,
  isNodeRedisCluster,
  nodeRedisClusterDriver,
  nodeRedisDriver,
} from "./redis-node-redis.ts";

/**
 * @param option What the caller passed the client as.
 * @throws {SessionError} `HOLDFAST_OPTION`, naming `option`, if it is of no known kind or reads from replicas.
 */
export function driverOf(client: RedisStoreClient, option: string): RedisDriver {
  // Read as `unknown`: a caller without types may pass anything.
  const given: unknown = client;
  if (typeof given === "object" && given !== null) {
    if (isIoredis(given)) return ioredisDriver(given, option);
    if (isNodeRedisCluster(given)) return nodeRedisClusterDriver(given, option);
    if (isNodeRedis(given)) return nodeRedisDriver(given, option);
    if (isGlide(given)) return glideDriver(given, option);
  }
  throw optionError(
    option,
    "must be a client of ioredis, iovalkey, redis (createClient, createCluster) or @valkey/valkey-glide; for Sentinel use ioredis",
  );
}
