/**
 * The Redis clients of the fault tests, set up as docs/failures.md says.
 * @module
 */
import { Redis } from "ioredis";
import { createClient } from "redis";
import type { OpenClient } from "./redis.ts";

// By default both wait longer after each failed attempt to connect, up to two seconds.
const RECONNECT_MILLISECONDS = 100;

// What a client says of each connection that is lost is not judged: what requests see is.
const ignoreErrors = (): void => {};

const openIoredis: OpenClient = async ({ port, host = "127.0.0.1" }) => {
  const client = new Redis({ port, host, retryStrategy: () => RECONNECT_MILLISECONDS });
  client.on("error", ignoreErrors);
  return { client, close: () => client.disconnect() };
};

const openNodeRedis: OpenClient = async ({ port, host = "127.0.0.1" }) => {
  const client = createClient({
    socket: { port, host, reconnectStrategy: () => RECONNECT_MILLISECONDS },
  });
  client.on("error", ignoreErrors);
  await client.connect();
  return { client, close: () => client.destroy() };
};

export const faultClients: Readonly<Record<string, OpenClient>> = {
  ioredis: openIoredis,
  "node-redis": openNodeRedis,
};
