/**
 * PostgreSQL by pg and MariaDB by mysql2: a bare SELECT by primary key of a row of the same size, which is
 * the floor, and Holdfast.
 * @module
 */
import { createServer } from "node:http";
import { mysqlSchema, mysqlStore } from "holdfast/stores/mysql";
import { postgresSchema, postgresStore } from "holdfast/stores/postgres";
import mysql from "mysql2/promise";
import pg from "pg";
import { content, plainAnswer } from "../content.ts";
import { onNode } from "./holdfast-node.ts";
import { answer, listen } from "./node.ts";
import type { System } from "./system.ts";

/** What a record has beside its data: about so many bytes. */
const RECORD_BYTES = 400;
const value = () => Buffer.alloc(JSON.stringify(content).length + RECORD_BYTES, 7);
const key = Buffer.alloc(34, 1);

export const postgresSelect: System = {
  id: "postgres-select",
  title: "a bare SELECT by pg on node:http",
  bare: "node",
  server: "postgres",
  cases: ["unchanged"],
  async start({ urls }) {
    const pool = new pg.Pool({ connectionString: urls.postgres ?? "" });
    await pool.query(`CREATE TABLE IF NOT EXISTS floor (key bytea PRIMARY KEY, value bytea);
      ALTER TABLE floor ALTER value SET STORAGE EXTERNAL`);
    await pool.query("INSERT INTO floor VALUES ($1, $2) ON CONFLICT DO NOTHING", [key, value()]);
    const server = createServer(async (_request, response) => {
      const text = "SELECT value FROM floor WHERE key = $1";
      await pool.query({ name: "floor", text, values: [key] });
      answer(response, plainAnswer);
    });
    return listen(server, { close: () => pool.end() });
  },
};

export const holdfastPostgres: System = onNode(
  "holdfast-postgres",
  "Holdfast on node:http, PostgreSQL by pg",
  async ({ urls }) => {
    const pool = new pg.Pool({ connectionString: urls.postgres ?? "" });
    await pool.query(postgresSchema("holdfast_sessions"));
    return { store: postgresStore(pool), close: () => pool.end() };
  },
  "postgres",
);

export const mariadbSelect: System = {
  id: "mariadb-select",
  title: "a bare SELECT by mysql2 on node:http",
  bare: "node",
  server: "mariadb",
  cases: ["unchanged"],
  async start({ urls }) {
    const pool = mysql.createPool(mysqlOptions(urls.mariadb));
    await pool.query(
      "CREATE TABLE IF NOT EXISTS floor (id BINARY(34) PRIMARY KEY, value MEDIUMBLOB)",
    );
    await pool.execute("REPLACE INTO floor VALUES (?, ?)", [key, value()]);
    const server = createServer(async (_request, response) => {
      await pool.execute("SELECT value FROM floor WHERE id = ?", [key]);
      answer(response, plainAnswer);
    });
    return listen(server, { close: () => pool.end() });
  },
};

export const holdfastMariadb: System = onNode(
  "holdfast-mariadb",
  "Holdfast on node:http, MariaDB by mysql2",
  async ({ urls }) => {
    const options = mysqlOptions(urls.mariadb);
    const setUp = await mysql.createConnection({ ...options, multipleStatements: true });
    await setUp.query(mysqlSchema("holdfast_sessions"));
    await setUp.end();
    const pool = mysql.createPool(options);
    return { store: mysqlStore(pool), close: () => pool.end() };
  },
  "mariadb",
);

function mysqlOptions(url = ""): mysql.PoolOptions {
  const { hostname, port, username, pathname } = new URL(url);
  const database = pathname.slice(1);
  return { host: hostname, port: Number(port), user: username, database };
}
