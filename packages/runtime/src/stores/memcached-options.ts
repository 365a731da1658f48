/**
 * The options of the Memcached store, and what is wrong with them.
 * @module
 */
import { optionError } from "../errors.ts";
import type { MemcachedTls } from "./memcached-socket.ts";

/** Where a server listens. */
export interface MemcachedServer {
  /** A name or an address. It decides, with the port, which sessions the server keeps. */
  readonly host: string;
  /** @default 11211 */
  readonly port?: number;
}

/** Who we are to servers that were started with `-Y`. */
export interface MemcachedAuth {
  /** 1 to 32 characters of ASCII, without space and `:`. */
  readonly username: string;
  /** 1 to 200 characters of ASCII, without space and `:`. */
  readonly password: string;
}

/** Options of {@link memcachedStore}. */
export interface MemcachedStoreOptions {
  /** All servers, at least one, the same in every process: each session is kept by one of them. */
  readonly servers: readonly MemcachedServer[];
  /** What every key begins with: 1 to 32 letters, digits, `:`, `_` and `-`. @default "holdfast:" */
  readonly prefix?: string;
  /** Speak TLS to all servers, `true` with Node's own authorities. @default false */
  readonly tls?: boolean | MemcachedTls;
  /** Name and password, sent in the clear without `tls`. @default none */
  readonly auth?: MemcachedAuth;
  /**
   * Longest silence of a server that was asked something, and longest time to connect, in seconds: 0.05 to 60.
   * The connection is replaced then.
   * @default 2
   */
  readonly timeoutSeconds?: number;
  /**
   * The servers' item size (`-I`): 1 024 to 1 073 741 824. A larger session is refused as `HOLDFAST_DATA`
   * before it is sent, since a server that is sent one drops the session's item.
   * @default 1048576
   */
  readonly maxItemBytes?: number;
  /**
   * Nothing else is kept on these servers: `sessions.revokeEverything()` may flush them.
   * @default false
   */
  readonly ownsServer?: boolean;
}

/** As given, with what was left out. */
export interface ResolvedMemcachedOptions {
  readonly servers: readonly Required<MemcachedServer>[];
  readonly prefix: string;
  readonly tls: MemcachedTls | undefined;
  readonly auth: MemcachedAuth | undefined;
  readonly timeoutMilliseconds: number;
  readonly maxItemBytes: number;
  readonly ownsServer: boolean;
}

const PREFIX = /^[A-Za-z0-9:_-]{1,32}$/;
const HOST = /^[A-Za-z0-9._:-]{1,253}$/;
/** The server's file has lines of name, colon and password, and the protocol a space between them. */
const CREDENTIAL = /^[!-9;-~]+$/;
const TLS_OPTIONS = ["ca", "cert", "key", "passphrase", "servername"];
const KIBIBYTE = 1024;

/** @throws {SessionError} `HOLDFAST_OPTION`, if an option is missing, unknown or out of range. */
export function resolveMemcachedOptions(options: MemcachedStoreOptions): ResolvedMemcachedOptions {
  const {
    servers,
    prefix = "holdfast:",
    tls = false,
    auth,
    timeoutSeconds = 2,
    maxItemBytes = KIBIBYTE ** 2,
    ownsServer = false,
    ...unknown
  } = options;
  refuseUnknown(unknown, "");
  if (!PREFIX.test(prefix)) {
    throw optionError("prefix", 'must be 1 to 32 letters, digits and ":", "_", "-"');
  }
  if (!(timeoutSeconds >= 0.05 && timeoutSeconds <= 60)) {
    throw optionError("timeoutSeconds", "must be a number from 0.05 to 60");
  }
  const isSize = Number.isInteger(maxItemBytes) && maxItemBytes >= KIBIBYTE;
  if (!isSize || maxItemBytes > KIBIBYTE ** 3) {
    throw optionError("maxItemBytes", "must be a whole number from 1024 to 1073741824");
  }
  if (typeof ownsServer !== "boolean") throw optionError("ownsServer", "must be true or false");
  if (auth !== undefined) checkAuth(auth);
  return {
    servers: resolveServers(servers),
    prefix,
    tls: resolveTls(tls),
    auth,
    timeoutMilliseconds: timeoutSeconds * 1000,
    maxItemBytes,
    ownsServer,
  };
}

function resolveServers(servers: readonly MemcachedServer[]): readonly Required<MemcachedServer>[] {
  if (!Array.isArray(servers) || servers.length === 0) {
    throw optionError("servers", "must list at least one server, as { host, port }");
  }
  const resolved = (servers as readonly MemcachedServer[]).map((server, n) => {
    const { host, port = 11_211, ...unknown } = server;
    refuseUnknown(unknown, `servers[${n}].`);
    if (!HOST.test(host)) {
      throw optionError(`servers[${n}].host`, "must be the name or the address of a server");
    }
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw optionError(`servers[${n}].port`, "must be a whole number from 1 to 65535");
    }
    return { host, port };
  });
  const names = resolved.map(({ host, port }) => `${host.toLowerCase()} ${port}`);
  if (new Set(names).size < names.length) throw optionError("servers", "lists a server twice");
  return resolved;
}

function resolveTls(tls: boolean | MemcachedTls): MemcachedTls | undefined {
  if (typeof tls === "boolean") return tls ? {} : undefined;
  if (typeof tls !== "object" || tls === null) {
    throw optionError("tls", "must be true, false or an object");
  }
  // Among what is left out: `rejectUnauthorized`. A server that nobody verifies may be anybody's.
  const unknown = Object.entries(tls).filter(([name]) => !TLS_OPTIONS.includes(name));
  refuseUnknown(Object.fromEntries(unknown), "tls.");
  return tls;
}

function checkAuth({ username, password, ...unknown }: MemcachedAuth): void {
  refuseUnknown(unknown, "auth.");
  for (const [name, value, most] of [
    ["username", username, 32],
    ["password", password, 200],
  ] as const) {
    if (typeof value !== "string" || value.length > most || !CREDENTIAL.test(value)) {
      throw optionError(
        `auth.${name}`,
        `must be 1 to ${most} characters of ASCII, without space and ":"`,
      );
    }
  }
}

function refuseUnknown(unknown: object, where: string): void {
  for (const name of Object.keys(unknown)) {
    throw optionError(where + name, "is not an option of memcachedStore");
  }
}
