/**
 * Drives `@valkey/valkey-glide`: `GlideClient` and `GlideClusterClient`.
 * @module
 */
import { optionError } from "../errors.ts";
import {
  type GlideLikeClient,
  type GlideOptions,
  type RedisArgument,
  type RedisDriver,
  type RedisOutcome,
  type RedisPrimary,
  textOf,
} from "./redis-client.ts";

const BYTES: GlideOptions = { decoder: 0 };

export function isGlide(client: object): client is GlideLikeClient {
  return "customCommand" in client && "invokeScript" in client;
}

/** @throws {SessionError} `HOLDFAST_OPTION`, naming `option`, if the client is set up to read stale data. */
export function glideDriver(client: GlideLikeClient, option: string): RedisDriver {
  const isCluster = "invokeScriptWithRoute" in client;
  const { config = {} } = client as { readonly config?: GlideConfig };
  checkConfig(config, option);

  const driver: RedisDriver = {
    isCluster,
    get: (key) => client.get(key, BYTES) as Promise<Buffer | null>,
    // It finds the keys of a script by itself, and sends it to their primary.
    command: (_key, args) => client.customCommand([...args], BYTES),
    primaries: async () => (isCluster ? primariesOf(client) : [primary("", client, BYTES)]),
  };
  if (isCluster) return driver;
  return { ...driver, inOrder: (_key, commands) => sendInOrder(client, commands) };
}

const primary = (name: string, client: GlideLikeClient, options: GlideOptions): RedisPrimary => ({
  name,
  command: (args) => client.customCommand([...args], options),
});

async function primariesOf(client: GlideLikeClient): Promise<readonly RedisPrimary[]> {
  // Each row: first slot, last slot, the primary's address and port, its replicas.
  const rows = await client.customCommand(["CLUSTER", "SLOTS"], BYTES);
  const byName = new Map<string, RedisPrimary>();
  for (const row of rows as readonly (readonly unknown[])[]) {
    const [address, number] = row[2] as readonly unknown[];
    const [host, port] = [textOf(address), Number(number)];
    const options: GlideOptions = { ...BYTES, route: { type: "routeByAddress", host, port } };
    byName.set(`${host}:${port}`, primary(`${host}:${port}`, client, options));
  }
  return [...byName.values()];
}

/** One connection to the primary, and the next command once the one before is answered. */
async function sendInOrder(
  client: GlideLikeClient,
  commands: readonly (readonly RedisArgument[])[],
): Promise<readonly RedisOutcome[]> {
  const outcomes: RedisOutcome[] = [];
  for (const args of commands) {
    outcomes.push(
      await client.customCommand([...args], BYTES).then(
        (reply) => ({ reply }),
        (error: unknown) => ({ error }),
      ),
    );
  }
  return outcomes;
}

/** The client keeps what it was made with under this name; where it no longer does, nothing is refused. */
interface GlideConfig {
  readonly readFrom?: string;
  readonly clientSideCache?: unknown;
}

function checkConfig({ readFrom = "primary", clientSideCache }: GlideConfig, option: string): void {
  if (readFrom !== "primary") {
    throw optionError(
      option,
      'reads from replicas, which lag behind: a revoked session would go on; leave out "readFrom"',
    );
  }
  if (clientSideCache !== undefined) {
    throw optionError(
      option,
      'has a "clientSideCache", which may answer with a revoked session; give the store a client without one',
    );
  }
}
