/** Types of servers.mjs, for the workspaces that are compiled. */

/** One server process on a loopback port. */
export interface PrivateServer {
  readonly host: string;
  readonly port: number;
  /** Its working folder, removed with {@link stop}. */
  readonly folder: string;
  readonly pid: number;
  /** The end of what it printed. */
  readonly log: string;
  /** Ends it by SIGKILL; {@link start} brings it back on the same port and folder. */
  kill(): Promise<void>;
  /** Ends it in an orderly way; {@link start} brings it back. */
  halt(): Promise<void>;
  start(): Promise<void>;
  /** Stops it from answering, with its connections open. */
  pause(): void;
  resume(): void;
  /** Ends it for good. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Further arguments of the program. */
  readonly args?: readonly string[];
}

export type ServerWithUrl = PrivateServer & { readonly url: string };

export interface RedisCluster {
  readonly nodes: readonly ServerWithUrl[];
  /** What redis-cli answers, asked of the node at a port. */
  cli(port: number, ...command: readonly string[]): Promise<string>;
  stop(): Promise<unknown>;
}

export function freePort(): Promise<number>;
export function startRedis(
  options?: ServerOptions & { readonly port?: number; readonly program?: string },
): Promise<ServerWithUrl>;
export function startRedisCluster(
  options?: ServerOptions & {
    readonly primaries?: number;
    readonly replicas?: number;
    /** Milliseconds without an answer after which a node counts as failed. */
    readonly nodeTimeout?: number;
  },
): Promise<RedisCluster>;
export function startPostgres(
  options?: ServerOptions,
): Promise<ServerWithUrl & { readonly user: string }>;
export function startMariadb(
  options?: ServerOptions,
): Promise<ServerWithUrl & { readonly user: string }>;
export function startMemcached(options?: ServerOptions): Promise<PrivateServer>;
