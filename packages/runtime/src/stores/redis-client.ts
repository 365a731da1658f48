/**
 * The clients that the Redis store takes, and the few things that it asks of any of them.
 * @module
 */

export type RedisArgument = string | Buffer;

/** What became of one of several commands: {@link RedisDriver.inOrder}. */
export type RedisOutcome = { readonly reply: unknown } | { readonly error: unknown };

/** A connection to one primary. */
export interface RedisPrimary {
  /** Tells it from the others, and stays the same while the cluster does. */
  readonly name: string;
  command(args: readonly RedisArgument[]): Promise<unknown>;
}

/** One client, whatever its kind. Replies are bytes where Redis has strings. */
export interface RedisDriver {
  readonly isCluster: boolean;
  /** Exactly one GET, of a primary. */
  get(key: string): PromiseLike<Buffer | null>;
  /** One command to the primary that has the key. */
  command(key: string, args: readonly RedisArgument[]): Promise<unknown>;
  /**
   * Commands on one connection to the primary that has the key, one after the other; redirections are
   * not followed. Absent where the client cannot say which connection it uses.
   */
  inOrder?(
    key: string,
    commands: readonly (readonly RedisArgument[])[],
  ): Promise<readonly RedisOutcome[]>;
  primaries(): Promise<readonly RedisPrimary[]>;
  /**
   * Calls back whenever a connection is ready (again). Absent where the client does not tell.
   *
   * @returns Stops it.
   */
  onReady?(listener: () => void): () => void;
}

/** The part of `ioredis` and `iovalkey` that is called: `Redis` and `Cluster`. */
export interface IoredisClient {
  readonly options: object;
  /** The socket: absent before the first connection, and in a cluster, which has one per node. */
  readonly stream?: { cork(): void; uncork(): void } | undefined;
  getBuffer(key: string): Promise<Buffer | null>;
  callBuffer(command: string, args: RedisArgument[]): Promise<unknown>;
  pipeline(): IoredisPipeline;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** @see IoredisClient */
export interface IoredisPipeline {
  callBuffer(command: string, args: RedisArgument[]): unknown;
  exec(): Promise<[Error | null, unknown][] | null>;
}

/** Options of `sendCommand`: which type of reply becomes which class. */
export interface NodeRedisCommandOptions {
  readonly typeMapping: { readonly 36: typeof Buffer };
}

/** The part of `redis` (node-redis) that is called: `createClient`. */
export interface NodeRedisClient {
  readonly isReady: boolean;
  readonly options: object;
  sendCommand(args: RedisArgument[], options: NodeRedisCommandOptions): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** The part of `redis` (node-redis) that is called: `createCluster`. */
export interface NodeRedisCluster {
  readonly masters: readonly { readonly address: string }[];
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean,
    args: RedisArgument[],
    options: NodeRedisCommandOptions,
  ): Promise<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: the client's own node, handed back as it came.
  nodeClient(node: any): Promise<Pick<NodeRedisClient, "sendCommand">>;
  getNodeClientForKey(key: string): Promise<Pick<NodeRedisClient, "sendCommand">>;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** `decoder` 0 is `Decoder.Bytes`; `route` says to which node, in a cluster. */
export interface GlideOptions {
  readonly decoder: 0;
  readonly route?: {
    readonly type: "routeByAddress";
    readonly host: string;
    readonly port: number;
  };
}

/** The part of `@valkey/valkey-glide` that is called: `GlideClient` and `GlideClusterClient`. */
export interface GlideLikeClient {
  get(key: string, options: { readonly decoder: 0 }): Promise<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: the two clients differ in their options.
  customCommand(args: RedisArgument[], options: any): Promise<unknown>;
}

/** Any client that `redisStore` takes. */
export type RedisStoreClient = IoredisClient | NodeRedisClient | NodeRedisCluster | GlideLikeClient;

/** Text of a reply that some clients decode and others leave as bytes. */
export function textOf(reply: unknown): string {
  return Buffer.isBuffer(reply) ? reply.toString("utf8") : String(reply);
}

/** The server's own words: an error of the connection, or of the client, has none of these. */
export function says(error: unknown, words: RegExp): boolean {
  return error instanceof Error && words.test(error.message);
}

/** The user may not run the command, or the server does not know it. */
export const FORBIDDEN: RegExp = /NOPERM|NoPerm|no permissions|unknown command|not allowed/i;
