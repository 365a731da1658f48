/**
 * Pools of both clients, and tables for the MySQL and MariaDB store to stand on.
 * @module
 */
import { createPool as createMariadbPool, type PoolConfig } from "mariadb";
import { createPool as createMysql2Pool, type PoolOptions } from "mysql2/promise";
import { type MysqlPromisePool, mysqlSchema } from "../../src/stores/mysql.ts";

/** Where a server is, and as whom to go there. */
export interface MysqlAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly database?: string;
}

/** A pool that can be ended. */
export interface MysqlTestPool extends MysqlPromisePool {
  end(): Promise<void>;
}

export type MysqlClientName = "mysql2" | "mariadb";

/** Settings of the client beside the address. */
export interface MysqlPoolSettings {
  readonly mysql2?: PoolOptions;
  readonly mariadb?: PoolConfig;
}

export const MYSQL_CLIENTS: readonly MysqlClientName[] = ["mysql2", "mariadb"];

/** The database that {@link createTables} makes. */
export const MYSQL_DATABASE = "sessions_test";

export function openPool(
  client: MysqlClientName,
  address: MysqlAddress,
  settings: MysqlPoolSettings = {},
): MysqlTestPool {
  const { host, port, user, password = "", database = MYSQL_DATABASE } = address;
  const common = { host, port, user, password, database, connectionLimit: 8 };
  return client === "mysql2"
    ? createMysql2Pool({ ...common, ...settings.mysql2 })
    : createMariadbPool({ ...common, minimumIdle: 0, ...settings.mariadb });
}

/** Runs each statement as the server's administrator, without a pool that stays. */
export async function administer(
  { host, port, user }: MysqlAddress,
  statements: readonly string[],
): Promise<readonly unknown[]> {
  const pool = createMysql2Pool({ host, port, user, connectionLimit: 1 });
  try {
    const answers: unknown[] = [];
    for (const sql of statements) answers.push((await pool.query(sql))[0]);
    return answers;
  } finally {
    await pool.end();
  }
}

/** Makes the database and the store's tables of this name in it, as a migration would. */
export async function createTables(address: MysqlAddress, table: string): Promise<void> {
  const schema = mysqlSchema(table)
    .split(";\n")
    .filter((sql) => sql.trim() !== "");
  const database = `CREATE DATABASE IF NOT EXISTS ${MYSQL_DATABASE}`;
  await administer(address, [database, `USE ${MYSQL_DATABASE}`, ...schema]);
}

/** Makes an account with the rights that the store's page names, and no other. */
export async function createLeastAccount(
  address: MysqlAddress,
  user: string,
  table: string,
): Promise<void> {
  const rights = (suffix: string, what: string) =>
    `GRANT ${what} ON ${MYSQL_DATABASE}.\`${table}${suffix}\` TO '${user}'@'%'`;
  await administer(address, [
    `CREATE USER '${user}'@'%' IDENTIFIED BY 'least'`,
    rights("", "SELECT, INSERT, UPDATE, DELETE"),
    rights("_subjects", "SELECT, INSERT, UPDATE, DELETE"),
    rights("_meta", "SELECT"),
  ]);
}

/** Empties the store's tables. */
export async function emptyTables(address: MysqlAddress, table: string): Promise<void> {
  const tables = [table, `${table}_subjects`];
  await administer(
    address,
    tables.map((name) => `DELETE FROM ${MYSQL_DATABASE}.\`${name}\``),
  );
}

/** A pool whose transactions stop before they commit, until they may. */
export interface GatedPool {
  readonly pool: MysqlPromisePool;
  /** Resolves once a transaction waits at the gate. */
  readonly arrived: Promise<void>;
  open(): void;
}

/** The same pool, as the store recognises it, with a gate before each `COMMIT`. */
export function gated(client: MysqlClientName, inner: MysqlTestPool): GatedPool {
  let arrive = () => {};
  let open = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const pool: MysqlPromisePool = {
    execute: (statement, values) => inner.execute(statement, values),
    query: (statement) => inner.query(statement),
    async getConnection() {
      const connection = await inner.getConnection();
      return {
        execute: (statement, values) => connection.execute(statement, values),
        async query(statement) {
          if (statement.sql === "COMMIT") {
            arrive();
            await opened;
          }
          return connection.query(statement);
        },
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      };
    },
  };
  return { pool: looksLike(client, pool, inner), arrived, open: () => open() };
}

/** Gives a stand-in the marks by which the store recognises the client that it stands for. */
export function looksLike(
  client: MysqlClientName,
  pool: MysqlPromisePool,
  inner: MysqlTestPool,
): MysqlPromisePool {
  const marks =
    client === "mysql2"
      ? { pool: (inner as unknown as { readonly pool: object }).pool }
      : { activeConnections: () => 0 };
  return Object.assign(pool, marks);
}
