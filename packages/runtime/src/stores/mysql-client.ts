/**
 * What the store needs of `mysql2` and `mariadb`, with their differences taken away: how results come, which of
 * the application's settings change them, what an error means. Knows no table.
 * @module
 */
import { optionError, SessionError } from "../errors.ts";

/** A statement as both clients take it. */
export interface MysqlStatement {
  readonly sql: string;
}

/** What is bound to a statement. */
export type MysqlValue = string | number | Uint8Array | null;

/** The part of a pooled connection that the store calls. */
export interface MysqlConnection {
  execute(statement: MysqlStatement, values?: MysqlValue[]): Promise<unknown>;
  query(statement: MysqlStatement): Promise<unknown>;
  release(): unknown;
  destroy(): unknown;
}

/** The part of a promise pool that the store calls: `mysql2/promise`, `mariadb`. */
export interface MysqlPromisePool {
  execute(statement: MysqlStatement, values?: MysqlValue[]): Promise<unknown>;
  query(statement: MysqlStatement): Promise<unknown>;
  getConnection(): Promise<MysqlConnection>;
}

/** A promise pool, or the pool with callbacks of `mysql2`. */
export type MysqlPool = MysqlPromisePool | { promise(): MysqlPromisePool };

/** A row by its columns; what kind of number comes is the application's setting. */
export type MysqlRow = Readonly<Record<string, unknown>>;

/** What a statement did. */
export interface MysqlResult {
  readonly rows: readonly MysqlRow[];
  /** Rows inserted, deleted or updated; for an update that changed nothing, 1 or 0 by the client's flags. */
  readonly affected: number;
}

/** Runs one statement: prepared if it has values, else as text. */
export type MysqlRun = (statement: MysqlStatement, ...values: MysqlValue[]) => Promise<MysqlResult>;

/** Either client, as the store uses it. */
export interface MysqlClient {
  /** The statement, with the settings that keep its result the same whatever those of the pool are. */
  statement(sql: string): MysqlStatement;
  /** Runs a statement by itself, on any connection; again after a deadlock. */
  readonly run: MysqlRun;
  /**
   * Runs the step on one connection, as READ COMMITTED, all of it or nothing of it; again from its start
   * after a deadlock.
   */
  transaction<T>(step: (run: MysqlRun) => Promise<T>): Promise<T>;
}

// Server errors, https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
const DUPLICATE_KEY = 1062;
const NO_SUCH_TABLE = 1146;
/** No right to a command, table, column or setting; no such setting. */
const DENIALS: ReadonlySet<unknown> = new Set([1142, 1143, 1227, 1193]);
/** Deadlock and lock wait timeout; 1020 is MariaDB's word for a row that changed since the snapshot. */
const LOST_RACES: ReadonlySet<unknown> = new Set([1213, 1205, 1020]);

/** No attempt begins later than this: whoever called has given up by then. */
const RETRY_MS = 2000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

const errnoOf = (error: unknown) => (error as { readonly errno?: unknown } | null)?.errno;

/** The key is taken. */
export function isDuplicate(error: unknown): boolean {
  return errnoOf(error) === DUPLICATE_KEY;
}

/** The account may not do that, or the server does not know what was asked for. */
export function isDenied(error: unknown): boolean {
  return DENIALS.has(errnoOf(error));
}

/** @throws {SessionError} `HOLDFAST_OPTION` if this is no pool of `mysql2` or `mariadb`. */
export function mysqlClient(pool: MysqlPool): MysqlClient {
  const { promisePool, settings, isPair } = recognise(pool);

  const resultOf = (answer: unknown): MysqlResult => {
    const result = isPair ? (answer as readonly unknown[])[0] : answer;
    if (Array.isArray(result)) return { rows: result, affected: 0 };
    const { affectedRows = 0 } = (result ?? {}) as { readonly affectedRows?: number | bigint };
    return { rows: [], affected: Number(affectedRows) };
  };
  const through =
    (client: Pick<MysqlConnection, "execute" | "query">): MysqlRun =>
    async (prepared, ...values) => {
      const answer = values.length > 0 ? client.execute(prepared, values) : client.query(prepared);
      // The pool of `mariadb/callback` looks like the other, and would wait for its callback.
      if (typeof answer?.then !== "function") throw notAPool();
      return resultOf(await answer);
    };
  const statement = (sql: string): MysqlStatement => ({ ...settings, sql });
  // Begun in one go: a client that pipelines needs one round trip.
  const begin = [
    statement("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"),
    statement("START TRANSACTION"),
  ];
  const [commit, rollback] = [statement("COMMIT"), statement("ROLLBACK")];

  async function attempt<T>(step: (run: MysqlRun) => Promise<T>): Promise<T> {
    const connection = await promisePool.getConnection();
    try {
      await Promise.all(begin.map((first) => connection.query(first)));
      const result = await step(through(connection));
      await connection.query(commit);
      giveBack(connection);
      return result;
    } catch (error) {
      await connection.query(rollback).then(
        () => giveBack(connection),
        // What state it is in nobody knows, and ending it ends the transaction; the first error is the one
        // that matters.
        () => connection.destroy(),
      );
      throw error;
    }
  }

  const runOnPool = through(promisePool);
  return {
    statement,
    run: (...args) => repeated(() => runOnPool(...args)),
    transaction: (step) => repeated(() => attempt(step)),
  };
}

/** `mariadb` answers with a promise, which fails where the connection broke meanwhile: its pool drops it then. */
function giveBack(connection: MysqlConnection): void {
  Promise.resolve(connection.release()).catch(() => {});
}

async function repeated<T>(step: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + RETRY_MS;
  for (let longest = FIRST_PAUSE_MS; ; longest = Math.min(longest * 2, LONGEST_PAUSE_MS)) {
    try {
      return await step();
    } catch (error) {
      if (errnoOf(error) === NO_SUCH_TABLE) throw missingTable(error);
      if (!LOST_RACES.has(errnoOf(error)) || performance.now() > giveUpAt) throw error;
      const pauseMs = longest * Math.random();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

function missingTable(cause: unknown): SessionError {
  return new SessionError(
    "HOLDFAST_STORE",
    "mysqlStore finds no table of its name in this database; let an administrator apply what `holdfast migrate schema mysql` prints, and check the option table and the pool's database",
    {},
    { cause },
  );
}

function notAPool(): SessionError {
  return optionError(
    "pool",
    'must be a pool of mysql2 or mariadb that answers with promises: createPool of "mysql2/promise", "mysql2" or "mariadb"',
  );
}

interface Recognised {
  readonly promisePool: MysqlPromisePool;
  /** Settings that override the pool's, which would change what rows look like. */
  readonly settings: object;
  /** Results come as rows and fields. */
  readonly isPair: boolean;
}

const hasMethods = (value: unknown, ...names: readonly string[]) =>
  typeof value === "object" &&
  value !== null &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");

/** Objects with column names, and values as the server typed them. */
const PLAIN_ROWS = { rowsAsArray: false, nestTables: false, namedPlaceholders: false } as const;

function recognise(pool: unknown): Recognised {
  if (hasMethods(pool, "promise", "getConnection")) {
    return recognise((pool as { promise(): unknown }).promise());
  }
  if (!hasMethods(pool, "getConnection", "execute", "query")) throw notAPool();
  const promisePool = pool as MysqlPromisePool;
  // Pools over several servers have none of these: they could read from a replica.
  const { pool: core } = pool as { readonly pool?: unknown };
  if (hasMethods(core, "getConnection")) {
    return { promisePool, settings: { ...PLAIN_ROWS, typeCast: typeCastFor(core) }, isPair: true };
  }
  if (hasMethods(pool, "activeConnections")) {
    const numbers = { bigIntAsNumber: true, bigNumberStrings: false, checkNumberRange: false };
    const settings = { ...PLAIN_ROWS, ...numbers, metaAsArray: false, typeCast: undefined };
    return { promisePool, settings, isPair: false };
  }
  throw notAPool();
}

/** In `mysql2` only a function undoes the application's own, and costs each row a little: not without need. */
function typeCastFor(core: unknown): true | ((field: unknown, next: () => unknown) => unknown) {
  const { config } = core as {
    readonly config?: { readonly connectionConfig?: { readonly typeCast?: unknown } };
  };
  const isOverridden = typeof config?.connectionConfig?.typeCast === "function";
  return isOverridden ? (_field, next) => next() : true;
}
