/**
 * Drives `redis` (node-redis): `createClient` and `createCluster`.
 * @module
 */
import { optionError } from "../errors.ts";
import type {
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisCommandOptions,
  RedisArgument,
  RedisDriver,
  RedisOutcome,
  RedisPrimary,
} from "./redis-client.ts";

/** Redis' type `$`, a string of bytes, becomes a Buffer. */
const BYTES: NodeRedisCommandOptions = { typeMapping: { 36: Buffer } };

type Connection = Pick<NodeRedisClient, "sendCommand">;

export function isNodeRedisCluster(client: object): client is NodeRedisCluster {
  return "sendCommand" in client && "getNodeClientForKey" in client;
}

/** Its pool and its Sentinel client look alike, but have no one connection, or another `sendCommand`. */
export function isNodeRedis(client: object): client is NodeRedisClient {
  return "sendCommand" in client && "withTypeMapping" in client && "socketEpoch" in client;
}

/** @throws {SessionError} `HOLDFAST_OPTION`, naming `option`, if the client is set up to read stale data. */
export function nodeRedisDriver(client: NodeRedisClient, option: string): RedisDriver {
  checkOptions(client.options, option);
  return {
    isCluster: false,
    get: (key) => client.sendCommand(["GET", key], BYTES) as Promise<Buffer | null>,
    command: (_key, args) => client.sendCommand([...args], BYTES),
    inOrder: (_key, commands) => sendInOrder(client, commands),
    primaries: async () => [primary("", client)],
    onReady: (listener) => subscribe(client, ["ready"], listener),
  };
}

/** @throws {SessionError} `HOLDFAST_OPTION`, naming `option`, if the client is set up to read stale data. */
export function nodeRedisClusterDriver(client: NodeRedisCluster, option: string): RedisDriver {
  const { _options: options = {} } = client as { readonly _options?: NodeRedisOptions };
  checkOptions(options, option);
  return {
    isCluster: true,
    get: (key) => client.sendCommand(key, false, ["GET", key], BYTES) as Promise<Buffer | null>,
    command: (key, args) => client.sendCommand(key, false, [...args], BYTES),
    inOrder: async (key, commands) => sendInOrder(await client.getNodeClientForKey(key), commands),
    async primaries() {
      const nodes = [...client.masters];
      return Promise.all(
        nodes.map(async (node) => primary(node.address, await client.nodeClient(node))),
      );
    },
    onReady: (listener) => subscribe(client, ["node-ready"], listener),
  };
}

const primary = (name: string, client: Connection): RedisPrimary => ({
  name,
  command: (args) => client.sendCommand([...args], BYTES),
});

/** One connection: what is handed to it first is written first. */
function sendInOrder(
  client: Connection,
  commands: readonly (readonly RedisArgument[])[],
): Promise<readonly RedisOutcome[]> {
  const sent = commands.map((args) =>
    client.sendCommand([...args], BYTES).then(
      (reply) => ({ reply }),
      (error: unknown) => ({ error }),
    ),
  );
  return Promise.all(sent);
}

function subscribe(
  client: Pick<NodeRedisClient, "on" | "off">,
  events: readonly string[],
  listener: () => void,
): () => void {
  for (const event of events) client.on(event, listener);
  return () => {
    for (const event of events) client.off(event, listener);
  };
}

interface NodeRedisOptions {
  readonly keyPrefix?: unknown;
  readonly readonly?: boolean;
  readonly useReplicas?: boolean;
  readonly clientSideCache?: unknown;
  readonly defaults?: NodeRedisOptions;
}

function checkOptions(options: NodeRedisOptions, option: string): void {
  const { keyPrefix, readonly, useReplicas, clientSideCache, defaults } = options;
  if (useReplicas === true || readonly === true) {
    throw optionError(
      option,
      'reads from replicas, which lag behind: a revoked session would go on; leave out "useReplicas" and "readonly"',
    );
  }
  if (clientSideCache !== undefined) {
    throw optionError(
      option,
      'has a "clientSideCache", which may answer with a revoked session; give the store a client without one',
    );
  }
  if (keyPrefix !== undefined && keyPrefix !== "") {
    throw optionError(option, 'has a "keyPrefix"; give redisStore its own option "prefix" instead');
  }
  if (defaults !== undefined) checkOptions(defaults, option);
}
