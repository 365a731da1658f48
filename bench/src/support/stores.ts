/**
 * The stores by name: a row each says which private server it needs, how that is prepared, and how any
 * process opens it from a plain description that travels as JSON.
 * @module
 */
import { join } from "node:path";
import { memoryStore } from "holdfast/stores/memory";
import { sqliteStore } from "holdfast/stores/sqlite";
import type { SessionStore } from "holdfast/stores/store";
import {
  startMariadb,
  startPostgres,
  startRedis,
  startRedisCluster,
} from "../../../scripts/servers.mjs";
import { openSqlite, temporaryFolder } from "./sqlite.ts";

/** Every store that the programs of this workspace can run on. */
export const STORE_NAMES = [
  "memory",
  "sqlite",
  "redis",
  "redis-cluster",
  "postgres",
  "mariadb",
] as const;

export type StoreName = (typeof STORE_NAMES)[number];

/** Where a prepared store is; any process of this machine can open it. */
export interface StoreDescription {
  readonly store: StoreName;
  /** A file, or the addresses of servers; empty for the memory store. */
  readonly at: readonly string[];
}

/** A store that is ready to be opened, and what is behind it. */
export interface PreparedStore {
  readonly description: StoreDescription;
  /** Ends the server and removes what was stored. */
  stop(): Promise<void>;
}

/** A store and its client. */
export interface OpenedStore {
  readonly store: SessionStore;
  /** Closes the client; the engine closes the store. */
  close(): Promise<void>;
}

interface StoreRow {
  /** For the head of a table. */
  readonly title: string;
  /** Several processes can share it. */
  readonly isShared: boolean;
  /** Starts what the store needs and creates its tables. */
  prepare(): Promise<Omit<PreparedStore, "description"> & Pick<StoreDescription, "at">>;
  open(at: readonly string[]): Promise<OpenedStore>;
}

export const storeRows: Readonly<Record<StoreName, StoreRow>> = {
  memory: {
    title: "memory",
    isShared: false,
    prepare: async () => ({ at: [], stop: async () => {} }),
    open: async () => ({ store: memoryStore(), close: async () => {} }),
  },
  sqlite: {
    title: "SQLite",
    isShared: true,
    async prepare() {
      const folder = temporaryFolder();
      return { at: [join(folder.path, "sessions.db")], stop: async () => folder.remove() };
    },
    async open([file = ""]) {
      const db = openSqlite(file);
      return {
        store: sqliteStore(db),
        async close() {
          db.close();
        },
      };
    },
  },
  redis: {
    title: "Redis",
    isShared: true,
    async prepare() {
      const server = await startRedis();
      return { at: [server.url], stop: () => server.stop() };
    },
    async open([url = ""]) {
      const [{ Redis }, { redisStore }] = await loadRedis();
      const client = new Redis(url);
      return { store: redisStore(client), close: async () => client.disconnect() };
    },
  },
  "redis-cluster": {
    title: "Redis Cluster",
    isShared: true,
    async prepare() {
      const cluster = await startRedisCluster();
      return {
        at: cluster.nodes.map(({ url }) => url),
        async stop() {
          await cluster.stop();
        },
      };
    },
    async open(at) {
      const [{ Cluster }, { redisStore }] = await loadRedis();
      const client = new Cluster([...at]);
      return { store: redisStore(client), close: async () => client.disconnect() };
    },
  },
  postgres: {
    title: "PostgreSQL",
    isShared: true,
    async prepare() {
      const server = await startPostgres();
      return setUp(server, server.url, async () => {
        const [{ default: pg }, { postgresSchema }] = await loadPostgres();
        const client = new pg.Client({ connectionString: server.url });
        await client.connect();
        await client.query(postgresSchema());
        await client.end();
      });
    },
    async open([connectionString = ""]) {
      const [{ default: pg }, { postgresStore }] = await loadPostgres();
      const pool = new pg.Pool({ connectionString });
      return { store: postgresStore(pool), close: () => pool.end() };
    },
  },
  mariadb: {
    title: "MariaDB",
    isShared: true,
    async prepare() {
      const server = await startMariadb();
      // Tables of ours do not belong into the server's own database.
      const url = new URL(server.url);
      url.pathname = "/holdfast";
      return setUp(server, url.href, async () => {
        const [mysql, { mysqlSchema }] = await loadMysql();
        const client = await mysql.createConnection({ uri: server.url, multipleStatements: true });
        await client.query(`CREATE DATABASE holdfast; USE holdfast; ${mysqlSchema()}`);
        await client.end();
      });
    },
    async open([uri = ""]) {
      const [mysql, { mysqlStore }] = await loadMysql();
      const pool = mysql.createPool(uri);
      return { store: mysqlStore(pool), close: () => pool.end() };
    },
  },
};

// Drivers take a quarter of a second to load: a process pays for the one it uses.
const loadRedis = () => Promise.all([import("ioredis"), import("holdfast/stores/redis")]);
const loadPostgres = () => Promise.all([import("pg"), import("holdfast/stores/postgres")]);
const loadMysql = () => Promise.all([import("mysql2/promise"), import("holdfast/stores/mysql")]);

/** A server whose tables could not be made would keep its process, and ours, alive. */
async function setUp(
  server: { stop(): Promise<void> },
  at: string,
  createTables: () => Promise<void>,
): ReturnType<StoreRow["prepare"]> {
  try {
    await createTables();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { at: [at], stop: () => server.stop() };
}

/** @throws {Error} If there is no such store. */
export function storeName(text: string): StoreName {
  const name = STORE_NAMES.find((known) => known === text);
  if (name !== undefined) return name;
  throw new Error(`There is no store ${text}; there are ${STORE_NAMES.join(", ")}`);
}

/** Starts a private server for the store where it needs one. */
export async function prepareStore(store: StoreName): Promise<PreparedStore> {
  const { at, stop } = await storeRows[store].prepare();
  return { description: { store, at }, stop };
}

/** In any process: a client of its own on a prepared store. */
export function openStore({ store, at }: StoreDescription): Promise<OpenedStore> {
  return storeRows[store].open(at);
}
