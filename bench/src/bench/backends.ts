/**
 * The servers behind the systems that are measured: one of each kind, started for the purpose.
 * @module
 */
import {
  type ServerWithUrl,
  startMariadb,
  startPostgres,
  startRedis,
} from "../../../scripts/servers.mjs";
import { startTcpProxy, type TcpProxy } from "../../../scripts/tcp-proxy.mjs";
import type { Protocol } from "../support/wire.ts";
import type { ServerName, System } from "./systems/system.ts";

/** A server of stores, and a proxy before it for the time when commands are counted. */
export interface Backend {
  readonly url: string;
  readonly proxy: TcpProxy;
  stop(): Promise<void>;
}

export type Backends = ReadonlyMap<ServerName, Backend>;

const starters: Readonly<Record<ServerName, () => Promise<ServerWithUrl>>> = {
  redis: startRedis,
  postgres: startPostgres,
  mariadb: startMariadb,
};

export const protocols: Readonly<Record<ServerName, Protocol>> = {
  redis: "redis",
  postgres: "postgres",
  mariadb: "mysql",
};

export async function startBackends(measured: readonly System[]): Promise<Backends> {
  const backends = new Map<ServerName, Backend>();
  for (const name of new Set(measured.map(({ server }) => server))) {
    if (name === undefined) continue;
    const server = await starters[name]();
    const proxy = await startTcpProxy(server.port);
    const stop = async () => {
      await proxy.close();
      await server.stop();
    };
    backends.set(name, { url: server.url, proxy, stop });
  }
  return backends;
}

export type Urls = Readonly<Partial<Record<ServerName, string>>>;

export function urlsOf(backends: Backends): Urls {
  return Object.fromEntries([...backends].map(([name, { url }]) => [name, url]));
}

export function proxiedUrlsOf(backends: Backends): Urls {
  const proxied = ({ url, proxy }: Backend) => url.replace(/:\d+/, `:${proxy.port}`);
  return Object.fromEntries([...backends].map(([name, backend]) => [name, proxied(backend)]));
}
