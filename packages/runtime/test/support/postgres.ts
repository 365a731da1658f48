/**
 * PostgreSQL grounds for tests: tables of their own on a private server, and stores over both clients.
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { Pool, type PoolConfig } from "pg";
import postgres from "postgres";
import { type ServerWithUrl, startPostgres } from "../../../../scripts/servers.mjs";
import {
  type PostgresSchemaOptions,
  type PostgresStoreOptions,
  postgresSchema,
  postgresStore,
} from "../../src/stores/postgres.ts";
import type { SessionStore } from "../../src/stores/store.ts";
import type { StoreHarness } from "../../src/testing/index.ts";

/** A store with the client under it. */
export interface OpenStore {
  readonly store: SessionStore;
  end(): Promise<unknown>;
}

export type OpenClient = (url: string, options?: PostgresStoreOptions) => OpenStore;

type SqlOptions = postgres.Options<Record<string, postgres.PostgresType>>;

const CONNECTIONS = 4;
const PATIENCE_MILLISECONDS = 10_000;

export function openPool(url: string, options: PoolConfig = {}): Pool {
  return new Pool({ connectionString: url, max: CONNECTIONS, ...options });
}

export function openSql(url: string, options: SqlOptions = {}): postgres.Sql {
  return postgres(url, {
    max: CONNECTIONS,
    onnotice: () => {},
    // By default it waits up to 20 seconds before it connects again, and up to 30 for an attempt that a
    // server took with it.
    backoff: () => 0.1,
    connect_timeout: 2,
    ...options,
  });
}

export function pgStore(pool: Pool, options?: PostgresStoreOptions): OpenStore {
  return { store: postgresStore(pool, options), end: () => pool.end() };
}

export function sqlStore(sql: postgres.Sql, options?: PostgresStoreOptions): OpenStore {
  return { store: postgresStore(sql, options), end: () => sql.end({ timeout: 1 }) };
}

export const clients: readonly (readonly [name: string, open: OpenClient])[] = [
  ["pg", (url, options) => pgStore(openPool(url), options)],
  ["postgres", (url, options) => sqlStore(openSql(url), options)],
];

/** Asks until the answer is true: what happens in a server has no moment of its own. */
export async function eventually(what: string, ask: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MILLISECONDS;
  while (!(await ask())) {
    if (performance.now() > giveUpAt) throw new Error(`it did not come to pass: ${what}`);
    await delay(5);
  }
}

/** It listens before it answers queries. */
export function answering(pool: Pool): Promise<void> {
  return eventually("the server answers", () =>
    pool.query("SELECT 1").then(
      () => true,
      () => false,
    ),
  );
}

/** A private server, and a pool whose role may do everything. */
export async function startGround(
  args: readonly string[] = [],
): Promise<{ readonly server: ServerWithUrl; readonly admin: Pool }> {
  const server = await startPostgres({ args });
  const admin = openPool(server.url);
  // The tests end the server under it.
  admin.on("error", () => {});
  await answering(admin);
  return { server, admin };
}

let tables = 0;

/** Creates the tables under a name that no other test of the file has. */
export async function newTable(admin: Pool, options?: PostgresSchemaOptions): Promise<string> {
  tables += 1;
  const table = `sessions_${tables}`;
  await admin.query(postgresSchema(table, options));
  return table;
}

export interface Ground {
  harness(): Promise<StoreHarness>;
  /** Ends what the harnesses opened. */
  end(): Promise<void>;
}

/** Grounds for the suite of every store, each with its table. */
export function groundOf(
  makeTable: () => Promise<string>,
  openStore: (table: string) => OpenStore,
): Ground {
  const opened: OpenStore[] = [];
  const end = async () => {
    await Promise.all(opened.splice(0).map((one) => one.end()));
  };
  return {
    end,
    async harness() {
      const table = await makeTable();
      const open = () => {
        const one = openStore(table);
        opened.push(one);
        return one.store;
      };
      return {
        open,
        reopen: async () => {
          await end();
          return open();
        },
      };
    },
  };
}
