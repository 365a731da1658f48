/**
 * Drives `ioredis` and `iovalkey`: a single server, one behind Sentinel, or a cluster.
 * @module
 */
import { optionError } from "../errors.ts";
import type { IoredisClient, RedisArgument, RedisDriver, RedisPrimary } from "./redis-client.ts";

type Cluster = IoredisClient & { nodes(role: "master"): readonly IoredisClient[] };

export function isIoredis(client: object): client is IoredisClient {
  return "getBuffer" in client && "callBuffer" in client;
}

/** @throws {SessionError} `HOLDFAST_OPTION`, naming `option`, if the client is set up to read stale data. */
export function ioredisDriver(client: IoredisClient, option: string): RedisDriver {
  const cluster = "nodes" in client ? (client as Cluster) : undefined;
  checkOptions(client.options as IoredisOptions, option);
  const holdWrites = writeHold(client);

  return {
    isCluster: cluster !== undefined,
    get(key) {
      holdWrites();
      return client.getBuffer(key);
    },
    command: (_key, args) => send(client, args),

    async inOrder(_key, commands) {
      const pipeline = client.pipeline();
      for (const [name = "", ...args] of commands) {
        pipeline.callBuffer(String(name).toLowerCase(), args);
      }
      const outcomes = (await pipeline.exec()) ?? [];
      return outcomes.map(([error, reply]) => (error === null ? { reply } : { error }));
    },

    async primaries() {
      if (cluster === undefined) return [primary("", client)];
      // Answered once the cluster is known; before that there are only the nodes to ask for it.
      await client.callBuffer("ping", []);
      return cluster.nodes("master").map((node) => {
        const { host, port } = node.options as { readonly host?: string; readonly port?: number };
        return primary(`${host}:${port}`, node);
      });
    },

    onReady(listener) {
      // Of a cluster, `ready` is said once; a node that comes or comes back is `+node`.
      const events = cluster === undefined ? ["ready"] : ["ready", "+node"];
      for (const event of events) client.on(event, listener);
      return () => {
        for (const event of events) client.off(event, listener);
      };
    },
  };
}

/**
 * Has the client send in one write what one turn of the event loop reads: the requests that a turn takes from
 * their sockets. With eight under way, a write for each cost every request 4 µs more. Each GET stays a command of
 * its own, in its order among the others, and waits for the end of the turn alone, as the replies do
 * anyway. Pipelines of `ioredis` cost more than the writes that they save.
 */
function writeHold(client: IoredisClient): () => void {
  let isHeld = false;
  return () => {
    const { stream } = client;
    if (isHeld || stream === undefined) return;
    isHeld = true;
    stream.cork();
    setImmediate(() => {
      isHeld = false;
      stream.uncork();
    });
  };
}

const primary = (name: string, client: IoredisClient): RedisPrimary => ({
  name,
  command: (args) => send(client, args),
});

function send(client: IoredisClient, [name = "", ...args]: readonly RedisArgument[]) {
  // Only in lower case does the client know a command, and which of its arguments are keys.
  return client.callBuffer(String(name).toLowerCase(), args);
}

interface IoredisOptions {
  readonly keyPrefix?: string;
  readonly readOnly?: boolean;
  readonly role?: string;
  readonly scaleReads?: unknown;
  readonly redisOptions?: IoredisOptions;
}

function checkOptions(options: IoredisOptions, option: string): void {
  const { keyPrefix, readOnly, role = "master", scaleReads = "master", redisOptions } = options;
  if (scaleReads !== "master" || readOnly === true || role !== "master") {
    throw optionError(
      option,
      'reads from replicas, which lag behind: a revoked session would go on; leave "scaleReads", "role" and "readOnly" as they are by default',
    );
  }
  if (keyPrefix) {
    throw optionError(option, 'has a "keyPrefix"; give redisStore its own option "prefix" instead');
  }
  if (redisOptions !== undefined) checkOptions(redisOptions, option);
}
