/**
 * One way to send statements through either client, `pg` or `postgres`: values as text or bytes, answers
 * as text, whatever parsers and transforms the application gave its client.
 * @module
 */
import { createHash } from "node:crypto";
import { optionError, SessionError } from "../errors.ts";

/** What a statement is given. */
export type PostgresValue = string | number | Uint8Array | null;

/** The part of a `pg` pool that the store calls. */
export interface PgPool {
  /** Tells a pool from a single connection, which does not come back once it is lost. */
  readonly totalCount: number;
  query(
    statement: {
      readonly text: string;
      readonly rowMode: "array";
      readonly types: { getTypeParser(): (value: string) => string };
    },
    values?: PostgresValue[],
  ): PromiseLike<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** The part of the `sql` function of `postgres` that the store calls. */
export interface PostgresSql {
  unsafe(
    text: string,
    values?: PostgresValue[],
    options?: { readonly prepare?: boolean },
  ): { raw(): PromiseLike<unknown> };
  begin: unknown;
}

/** A pool of `pg`, or the `sql` function of `postgres`. */
export type PostgresClient = PgPool | PostgresSql;

/** Text; as bytes where the client hands on what it received. */
type Cell = string | Buffer | null;

export interface Answer {
  readonly rows: readonly (readonly (Cell | undefined)[])[];
  /** Rows answered or changed. */
  readonly count: number;
}

/** One statement, ready to be sent with its values any number of times. */
export type Statement = (values: PostgresValue[]) => Promise<Answer>;

export interface PostgresConnection {
  /** A prepared statement: parsed and planned once by each connection. */
  statement(text: string): Statement;
  /**
   * Several statements without values, sent at once and committed together. The server runs them without
   * waiting for us, so that locks are held for no round trip.
   *
   * @returns The answer to the last, which must answer rows.
   */
  script(text: string): Promise<Answer>;
}

/** What `table` is called where it is missing. */
export interface ConnectOptions {
  readonly table: string;
  readonly prepare: boolean;
}

export function textOf(cell: Cell | undefined): string {
  return typeof cell === "string" ? cell : (cell?.toString("latin1") ?? "");
}

/** Bytes that the statement answered in hex. */
export function bytesOf(cell: Cell | undefined): Buffer {
  return Buffer.from(textOf(cell), "hex");
}

/** @throws {SessionError} `HOLDFAST_OPTION` if this is neither client. */
export function connectThrough(
  client: PostgresClient,
  { table, prepare }: ConnectOptions,
): PostgresConnection {
  const send = senderOf(client, prepare);
  return {
    statement(text) {
      const once = send(text);
      return (values) => once(values).catch((error) => again(() => once(values), error, table));
    },
    script(text) {
      const once = () => send(text)();
      return once().catch((error) => again(once, error, table));
    },
  };
}

type Send = (text: string) => (values?: PostgresValue[]) => Promise<Answer>;

function senderOf(client: PostgresClient, prepare: boolean): Send {
  const { unsafe, begin } = (client ?? {}) as Partial<PostgresSql>;
  if (typeof unsafe === "function" && begin !== undefined) {
    return throughSql(client as PostgresSql, prepare);
  }
  const { query, totalCount } = (client ?? {}) as Partial<PgPool>;
  if (typeof query === "function" && typeof totalCount === "number") {
    return throughPool(client as PgPool, prepare);
  }
  throw optionError(
    "client",
    "must be a Pool of pg or the sql function of postgres; a single connection would not come back after a restart of the server",
  );
}

const asItIs = (value: string) => value;
const unparsed = { getTypeParser: () => asItIs };

interface PgResult {
  readonly rows: Answer["rows"];
  readonly rowCount: number | null;
}

function throughPool(pool: PgPool, prepare: boolean): Send {
  ignoreIdleErrors(pool);
  return (text) => {
    // Inherited, since the client copies an object's own properties, with their descriptors, on every call.
    const config = Object.create({ text, rowMode: "array", types: unparsed }) as Parameters<
      PgPool["query"]
    >[0];
    const named = Object.create({ text, rowMode: "array", types: unparsed, name: nameOf(text) });
    return async (values) => {
      const result = await pool.query(prepare && values !== undefined ? named : config, values);
      const last = (Array.isArray(result) ? result.at(-1) : result) as PgResult;
      return { rows: last.rows, count: last.rowCount ?? 0 };
    };
  };
}

/** Names belong to a connection, and the application may have several stores on it. */
function nameOf(text: string): string {
  return `holdfast_${createHash("sha256").update(text).digest("hex").slice(0, 24)}`;
}

const pools = new WeakSet<PgPool>();

/**
 * A pool emits `error` when a connection that nobody uses is lost, and without a listener that ends the
 * process. The pool has dropped the connection already, and the next call says whether the server is back.
 */
function ignoreIdleErrors(pool: PgPool): void {
  if (pools.has(pool)) return;
  pools.add(pool);
  pool.on("error", () => {});
}

type SqlResult = Answer["rows"] & { readonly count: number | null };

function throughSql(sql: PostgresSql, prepare: boolean): Send {
  return (text) => async (values) => {
    // Raw: no parser and no transform of the application's.
    const pending = values === undefined ? sql.unsafe(text) : sql.unsafe(text, values, { prepare });
    const result = (await pending.raw()) as SqlResult | SqlResult[];
    const last = (isList(result) ? result.at(-1) : result) as SqlResult;
    return { rows: last, count: last.count ?? 0 };
  };
}

/** Several answers come as an array of arrays with a `count` each; one has the `count` itself. */
function isList(result: SqlResult | SqlResult[]): result is SqlResult[] {
  return !("count" in result);
}

/** serialization_failure and deadlock_detected: nothing was done, and the statement may be sent again. */
const RETRIED: readonly unknown[] = ["40001", "40P01"];
// Where the database's default is repeatable read, every commit fails those that waited for its row.
const MOST_RETRIES = 40;

async function again(send: () => Promise<Answer>, first: unknown, table: string): Promise<Answer> {
  let error = first;
  for (let tries = 0; tries < MOST_RETRIES && RETRIED.includes(codeOf(error)); tries += 1) {
    // Apart from each other, or all of them would meet once more.
    await new Promise((done) => setTimeout(done, Math.random() * Math.min(tries, 10)));
    try {
      return await send();
    } catch (next) {
      error = next;
    }
  }
  throw explained(error, table);
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | null)?.code;
}

/** A set-up that a person must mend is said in words; everything else is the client's own error. */
function explained(error: unknown, table: string): unknown {
  const command = `npx holdfast migrate schema postgres --table ${table}`;
  const texts: Readonly<Record<string, string>> = {
    // undefined_table, invalid_schema_name
    "42P01": `the table "${table}" or one beside it is missing; create them: ${command} | psql`,
    "3F000": `the schema of the table "${table}" is missing; create it, then: ${command} | psql`,
    // undefined_column
    "42703": `the table "${table}" is of an earlier release; bring it up to date: ${command} | psql`,
    // insufficient_privilege
    "42501": `this role lacks rights on the table "${table}" or one beside it; grant SELECT, INSERT, UPDATE and DELETE on "${table}" and "${table}_subjects"`,
    // read_only_sql_transaction
    "25006": "the server takes no writes; connect to the primary, not to a standby",
  };
  const code = codeOf(error);
  const text = typeof code === "string" && Object.hasOwn(texts, code) ? texts[code] : undefined;
  if (text === undefined) return error;
  return new SessionError("HOLDFAST_STORE", `postgresStore: ${text}`, { table }, { cause: error });
}
