/**
 * connect-redis as its documentation sets it up, for the systems that recommend it.
 * @module
 */
import type { RedisStore } from "connect-redis";
import type { RedisClientType } from "redis";

/** A connected client of node-redis, and what a test needs of it. */
export interface RedisGround {
  readonly store: RedisStore;
  age(seconds: number): Promise<void>;
  close(): Promise<void>;
}

export async function openRedisGround(url: string): Promise<RedisGround> {
  // Loaded where it is used: the processes of other systems start sooner.
  const { RedisStore } = await import("connect-redis");
  const client = await connectedRedis(url);
  return {
    store: new RedisStore({ client }),
    age: (seconds) => ageKeys(client, seconds),
    close: () => client.close(),
  };
}

export async function connectedRedis(url: string): Promise<RedisClientType> {
  const { createClient } = await import("redis");
  const client: RedisClientType = createClient({ url });
  // Without a listener a lost connection would end the process; its commands report it.
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Redis keeps lifetimes by its own clock, which no test can move: they are shortened instead. */
const AGE = `for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then
    if left > tonumber(ARGV[1]) then redis.call('PEXPIRE', key, left - ARGV[1])
    else redis.call('DEL', key) end
  end
end`;

export async function ageKeys(client: RedisClientType, seconds: number): Promise<void> {
  await client.eval(AGE, { arguments: [String(seconds * 1000)] });
}
