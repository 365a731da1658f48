/**
 * PostgreSQL store: for a service of any number of machines that keeps its other data there already.
 * Takes a pool of `pg` or the `sql` function of `postgres`; depends on neither.
 * @module
 */
import { randomBytes } from "node:crypto";
import { optionError, SessionError } from "../errors.ts";
import {
  type Answer,
  bytesOf,
  connectThrough,
  type PostgresClient,
  type PostgresValue,
  type Statement,
  textOf,
} from "./postgres-client.ts";
import { problemsOf } from "./postgres-problems.ts";
import { DEFAULT_TABLE, tableNames } from "./postgres-schema.ts";
import {
  type CreateShape,
  createText,
  deleteAllScript,
  deleteSubjectScript,
  lockOf,
  textsOf,
} from "./postgres-statements.ts";
import {
  CHECKPOINT_SECONDS,
  isTombstone,
  type SessionRecord,
  type SessionStore,
  type StoredSession,
  SWEEP_DELAY_SECONDS,
} from "./store.ts";
import { packRecord, unpackRecord } from "./store-bytes.ts";

export type { PgPool, PostgresClient, PostgresSql, PostgresValue } from "./postgres-client.ts";
export { type PostgresSchemaOptions, postgresSchema } from "./postgres-schema.ts";

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /**
   * Table to use: 1 to 50 letters, digits and `_`, after a schema's name and a dot if need be. It and
   * `<table>_subjects` must exist: `holdfast migrate schema postgres`.
   * @default "holdfast_sessions"
   */
  readonly table?: string;
  /**
   * Whether statements are prepared. `false` for a pooler that cannot keep them; each call then costs the
   * server a parse and a plan.
   * @default true
   */
  readonly prepare?: boolean;
}

// A batch of this size holds its rows' locks, and a connection, for 10 to 20 ms.
const SWEEP_ROWS = 1000;

/** Version and idle deadline, 8 bytes each, before the record. */
const PACKED_AT = 16;

/**
 * Keeps sessions in PostgreSQL 12 or newer. Each method is one round trip; sign-outs and revocations wait
 * for the server's disk, also where `synchronous_commit` is off.
 *
 * @param client Stays the caller's to end, after `sessions.close()`. A pool is given an `error` listener,
 *   so that a connection lost while nobody uses it does not end the process.
 * @throws {SessionError} `HOLDFAST_OPTION` if `client` is neither client or `table` is no plain name.
 *   Methods reject with `HOLDFAST_STORE` if the tables, or rights on them, are missing.
 * @example
 * import { Pool } from "pg";
 * const store = postgresStore(new Pool({ connectionString }));
 */
export function postgresStore(
  client: PostgresClient,
  options: PostgresStoreOptions = {},
): SessionStore {
  const { table = DEFAULT_TABLE, prepare = true, ...unknown } = options;
  for (const name of Object.keys(unknown))
    throw optionError(name, "is not an option of postgresStore");
  const tables = tableNames(table);
  const connection = connectThrough(client, { table, prepare });
  const texts = textsOf(tables);
  const select = connection.statement(texts.get);
  const replace = connection.statement(texts.put);
  const bury = connection.statement(texts.bury);
  const raise = connection.statement(texts.touch);
  const remove = connection.statement(texts.delete);
  const removeOnly = connection.statement(texts.deleteOnly);
  const selectSubject = connection.statement(texts.listSubject);
  const useCheckpoint = connection.statement(texts.checkpoint);
  const sweepSome = connection.statement(texts.sweep);
  const selectFrom = connection.statement(texts.scan);
  const readClock = connection.statement(texts.clock);
  const look = connection.statement(texts.look);

  const inserts = new Map<number, Statement>();
  const insertOf = (shape: CreateShape): Statement => {
    const bits = Number(shape.locks) + 2 * Number(shape.checks) + 4 * Number(shape.replaces);
    const insert = inserts.get(bits) ?? connection.statement(createText(tables, shape));
    inserts.set(bits, insert);
    return insert;
  };

  return {
    name: "postgres",
    traits: {
      shared: "network",
      revocation: "durable",
      index: true,
      nativeExpiry: false,
      durable: true,
    },

    async get(key) {
      const { rows } = await select([key]);
      return rows[0] === undefined ? undefined : recordOf(rows[0][0]);
    },

    async create(key, record, { now, checkpoint, replaces }) {
      const { subjectKey, version, idleExpiresAt, absoluteExpiresAt, handle } = record;
      const values: PostgresValue[] = [
        ...[key, version, idleExpiresAt, absoluteExpiresAt, handle, subjectKey],
        packRecord(record),
      ];
      if (subjectKey !== null) values.push(lockOf(subjectKey));
      if (checkpoint !== undefined) values.push(now, checkpoint);
      if (replaces !== undefined) values.push(replaces);
      const insert = insertOf({
        locks: subjectKey !== null,
        checks: checkpoint !== undefined,
        replaces: replaces !== undefined,
      });
      return outcomeOf(await insert(values));
    },

    async put(key, record) {
      const isBuried = isTombstone(record);
      const { version, handle, absoluteExpiresAt, idleExpiresAt } = record;
      const values = [
        ...[key, version, packRecord(record), handle, absoluteExpiresAt, idleExpiresAt],
      ];
      const { count } = await (isBuried ? bury : replace)(values);
      return count === 1;
    },

    async touch(key, version, idleExpiresAt) {
      const { count } = await raise([key, version, idleExpiresAt]);
      return count === 1;
    },

    async delete(key, only) {
      const { count } = await (only === undefined
        ? remove([key])
        : removeOnly([key, only.version, only.idleExpiresAt]));
      return count === 1;
    },

    async listSubject(subjectKey) {
      return storedIn(await selectSubject([subjectKey]));
    },

    async deleteSubject(subjectKey, { except } = {}) {
      // The next `checkpoint` draws a new value, and until then none is accepted: as good as replacing it.
      const { rows } = await connection.script(deleteSubjectScript(tables, subjectKey, except));
      return rows.map(([key, handle]) => ({ key: textOf(key), handle: textOf(handle) }));
    },

    async checkpoint(subjectKey, now) {
      const drawn = randomBytes(16).toString("base64url");
      const { rows } = await useCheckpoint([subjectKey, drawn, now]);
      return textOf(rows[0]?.[0]);
    },

    async deleteAll() {
      const { rows } = await connection.script(deleteAllScript(tables));
      return Number(textOf(rows[0]?.[0]));
    },

    async sweep(now, limit) {
      const batch = Math.min(limit, SWEEP_ROWS);
      const deadBefore = now - SWEEP_DELAY_SECONDS * 1000;
      const unusedSince = now - CHECKPOINT_SECONDS * 1000;
      const { rows } = await sweepSome([deadBefore, unusedSince, batch]);
      const [removed = 0, due = 0, unused = 0] = (rows[0] ?? []).map((cell) =>
        Number(textOf(cell)),
      );
      return { removed, done: due < batch && unused < batch };
    },

    async scan(cursor, limit) {
      const sessions = storedIn(await selectFrom([cursor ?? "", limit]));
      return { sessions, next: sessions.length < limit ? undefined : sessions.at(-1)?.key };
    },

    watch(report) {
      const check = async () => {
        for (const problem of problemsOf(await look([]))) report(problem);
      };
      // A server that is away is reported by the first operation that needs it.
      check().catch(() => {});
    },

    async clock() {
      const { rows } = await readClock([]);
      return Number(textOf(rows[0]?.[0]));
    },

    close() {
      // The client is the caller's; the store opened nothing.
    },
  };
}

function outcomeOf({ rows }: Answer) {
  return textOf(rows[0]?.[0]) as "created" | "exists" | "revoked-meanwhile";
}

function storedIn({ rows }: Answer): StoredSession[] {
  return rows.map(([key, packed]) => ({ key: textOf(key), record: recordOf(packed) }));
}

function recordOf(cell: Answer["rows"][number][number]): SessionRecord {
  if (cell === null) {
    throw new SessionError(
      "HOLDFAST_STORE",
      "postgresStore: the server is a standby, which may still have what was revoked; connect to the primary",
    );
  }
  const bytes = bytesOf(cell);
  const integerAt = (at: number) => bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
  return unpackRecord(bytes.subarray(PACKED_AT), integerAt(0), integerAt(8));
}
