/**
 * MySQL and MariaDB store, for any number of machines that share one primary.
 * Takes a pool of `mysql2` or `mariadb`; depends on neither.
 * @module
 */
import { randomBytes } from "node:crypto";
import { optionError } from "../errors.ts";
import { isDuplicate, type MysqlPool, type MysqlRow, mysqlClient } from "./mysql-client.ts";
import { bytesOf, ROW_COLUMNS, recordOf, storedOf } from "./mysql-row.ts";
import { DEFAULT_TABLE, tableNames } from "./mysql-schema.ts";
import { mysqlWatch } from "./mysql-watch.ts";
import {
  CHECKPOINT_SECONDS,
  isTombstone,
  type SessionRecord,
  type SessionStore,
  SWEEP_DELAY_SECONDS,
} from "./store.ts";
import { packRecord } from "./store-bytes.ts";

export type {
  MysqlConnection,
  MysqlPool,
  MysqlPromisePool,
  MysqlStatement,
  MysqlValue,
} from "./mysql-client.ts";
export { mysqlSchema } from "./mysql-schema.ts";

/** Options of {@link mysqlStore}. */
export interface MysqlStoreOptions {
  /**
   * Table to use, made beforehand with `holdfast migrate schema mysql`: 1 to 55 letters, digits and `_`.
   * The store uses `<table>_subjects` and `<table>_meta` beside it.
   * @default "holdfast_sessions"
   */
  readonly table?: string;
}

const keyBytes = (hex: string) => Buffer.from(hex, "hex");

/** The most rows that one statement of a sweep or a scan takes. */
const MOST_ROWS = 512;

/**
 * A `LIMIT` is part of the text, since clients bind numbers in ways that servers refuse there; few
 * different texts keep prepared statements few.
 */
const rowsWithin = (limit: number) => 2 ** Math.floor(Math.log2(Math.min(limit, MOST_ROWS)));

/**
 * Keeps sessions in InnoDB tables of MySQL 8 or MariaDB 10.6 and later, without changing the schema. Every
 * write is committed when its promise resolves; what a commit survives is the server's setting.
 *
 * @param pool A pool whose connections go to the primary, made by `createPool` of `mysql2`,
 *   `mysql2/promise` or `mariadb`. It stays the caller's to end.
 * @throws {SessionError} `HOLDFAST_OPTION` if `pool` is no such pool, or `table` no plain name.
 * @example
 * import { createPool } from "mysql2/promise";
 * const store = mysqlStore(createPool({ host: "db.internal", user: "sessions", database: "app" }));
 */
export function mysqlStore(pool: MysqlPool, options: MysqlStoreOptions = {}): SessionStore {
  const { table = DEFAULT_TABLE, ...unknown } = options;
  for (const name of Object.keys(unknown))
    throw optionError(name, "is not an option of mysqlStore");
  const tables = tableNames(table);
  const { sessions, subjects } = tables;
  const client = mysqlClient(pool);
  const { statement, run, transaction } = client;
  const watch = mysqlWatch(client, tables);

  const select = statement(`SELECT ${ROW_COLUMNS} FROM ${sessions} WHERE session_key = ?`);
  const selectSubject = statement(
    `SELECT session_key, ${ROW_COLUMNS} FROM ${sessions} WHERE subject_key = ?`,
  );
  const selectHandles = statement(
    `SELECT id, session_key, handle FROM ${sessions} FORCE INDEX (by_subject)
      WHERE subject_key = ? FOR UPDATE`,
  );
  const selectVersion = statement(`SELECT version FROM ${sessions} WHERE session_key = ?`);
  const insert = statement(`INSERT INTO ${sessions} (session_key, subject_key, sweep_at, handle,
      absolute_expires_at, version, record, idle_expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const update = (deadlines: string) =>
    statement(`UPDATE ${sessions} SET handle = ?, absolute_expires_at = ?, version = ?, record = ?,
        ${deadlines}
      WHERE session_key = ? AND version = ?`);
  const replace = update("idle_expires_at = GREATEST(idle_expires_at, ?)");
  const bury = update("idle_expires_at = ?, sweep_at = LEAST(sweep_at, ?)");
  const raise = statement(`UPDATE ${sessions} SET idle_expires_at = GREATEST(idle_expires_at, ?)
      WHERE session_key = ? AND version = ?`);
  const remove = statement(`DELETE FROM ${sessions} WHERE session_key = ?`);
  const removeOnly = statement(`DELETE FROM ${sessions}
      WHERE session_key = ? AND version = ? AND idle_expires_at = ?`);
  const removeAll = statement(`DELETE FROM ${sessions}`);

  // The subject's row is its lock: a duplicate is locked though nothing about it changes.
  const lockSubject = statement(`INSERT INTO ${subjects} (subject_key, used_at) VALUES (?, ?)
      ON DUPLICATE KEY UPDATE used_at = GREATEST(used_at, ?)`);
  const lockAndForget = statement(`INSERT INTO ${subjects} (subject_key, used_at) VALUES (?, 0)
      ON DUPLICATE KEY UPDATE checkpoint = NULL, used_at = 0`);
  const drawCheckpoint = statement(`INSERT INTO ${subjects} (subject_key, checkpoint, used_at)
      VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE
        checkpoint = COALESCE(checkpoint, ?), used_at = GREATEST(used_at, ?)`);
  const selectCheckpoint = statement(`SELECT checkpoint FROM ${subjects} WHERE subject_key = ?`);
  const removeSubject = statement(`DELETE FROM ${subjects} WHERE subject_key = ?`);
  const removeSubjects = statement(`DELETE FROM ${subjects}`);

  // Without time zones, which make an hour of the year ambiguous.
  const selectClock = statement(
    "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(3)) AS micros",
  );

  /** The values of `replace` and of `bury`, up to their deadlines. */
  const changing = (record: SessionRecord) =>
    [record.handle, record.absoluteExpiresAt, record.version, packRecord(record)] as const;

  // Row by row through the primary key: for `id IN (…)` servers scan a table that they think small, and
  // that waits for rows that others hold. As text, since each list is needed once.
  const listed = (rows: readonly MysqlRow[]) =>
    `JSON_TABLE('[${rows.map(({ id }) => Number(id)).join()}]', '$[*]' COLUMNS (id BIGINT PATH '$'))
      AS listed STRAIGHT_JOIN ${sessions} AS s FORCE INDEX (PRIMARY) ON s.id = listed.id`;
  const removing = (rows: readonly MysqlRow[]) => statement(`DELETE s FROM ${listed(rows)}`);
  const postponing = (rows: readonly MysqlRow[]) =>
    statement(`UPDATE ${listed(rows)}
      SET s.sweep_at = LEAST(s.idle_expires_at, s.absolute_expires_at)`);

  const removeIfUnused = statement(`DELETE FROM ${subjects} WHERE subject_key = ? AND used_at < ?`);

  async function removeUnused(unusedSince: number, limit: number): Promise<boolean> {
    const { rows } = await run(
      statement(
        `SELECT subject_key FROM ${subjects} WHERE used_at < ? ORDER BY used_at LIMIT ${limit}`,
      ),
      unusedSince,
    );
    // One by one: a statement over several would hold some while it waits for others.
    for (const { subject_key } of rows)
      await run(removeIfUnused, bytesOf(subject_key), unusedSince);
    return rows.length < limit;
  }

  return {
    name: "mysql",
    traits: {
      shared: "network",
      revocation: "durable",
      index: true,
      nativeExpiry: false,
      durable: true,
    },

    async get(key) {
      const { rows } = await run(select, keyBytes(key));
      return rows[0] === undefined ? undefined : recordOf(rows[0]);
    },

    async create(key, record, { now, checkpoint, replaces }) {
      const { subjectKey, idleExpiresAt, absoluteExpiresAt } = record;
      const subject = subjectKey === null ? null : keyBytes(subjectKey);
      const sweepAt = Math.min(idleExpiresAt, absoluteExpiresAt);
      const values = [keyBytes(key), subject, sweepAt, ...changing(record), idleExpiresAt];
      const add = async (through: typeof run) => {
        try {
          await through(insert, ...values);
          return "created";
        } catch (error) {
          if (isDuplicate(error)) return "exists";
          throw error;
        }
      };
      if (subject === null && checkpoint === undefined && replaces === undefined) return add(run);

      return transaction(async (through) => {
        if (subject !== null) await through(lockSubject, subject, now, now);
        if (checkpoint !== undefined) {
          const { rows } = await through(selectCheckpoint, subject);
          if (rows[0]?.checkpoint !== checkpoint) return "revoked-meanwhile";
        }
        const outcome = await add(through);
        if (outcome === "created" && replaces !== undefined) {
          await through(remove, keyBytes(replaces));
        }
        return outcome;
      });
    },

    async put(key, record) {
      const { idleExpiresAt, version } = record;
      const isBuried = isTombstone(record);
      const deadlines = isBuried ? [idleExpiresAt, idleExpiresAt] : [idleExpiresAt];
      const replacing = isBuried ? bury : replace;
      const values = [...changing(record), ...deadlines, keyBytes(key), version - 1];
      // The version changes, so that a row that was found counts whatever the client's flags.
      return (await run(replacing, ...values)).affected === 1;
    },

    async touch(key, version, idleExpiresAt) {
      const keyed = keyBytes(key);
      const { affected } = await run(raise, idleExpiresAt, keyed, version);
      if (affected === 1) return true;
      // Where the client asked for changed rows instead of found ones, a deadline that stays counts for none.
      const { rows } = await run(selectVersion, keyed);
      return rows[0] !== undefined && Number(rows[0].version) === version;
    },

    async delete(key, only) {
      const { affected } =
        only === undefined
          ? await run(remove, keyBytes(key))
          : await run(removeOnly, keyBytes(key), only.version, only.idleExpiresAt);
      return affected === 1;
    },

    async listSubject(subjectKey) {
      const { rows } = await run(selectSubject, keyBytes(subjectKey));
      return rows.map(storedOf);
    },

    deleteSubject(subjectKey, { except, forget = false } = {}) {
      const subject = keyBytes(subjectKey);
      return transaction(async (through) => {
        // Without a checkpoint none is accepted, and the next call of `checkpoint` draws another.
        await through(lockAndForget, subject);
        const { rows } = await through(selectHandles, subject);
        const doomed = rows.filter(({ handle }) => handle !== except);
        if (doomed.length > 0) await through(removing(doomed));
        if (forget) await through(removeSubject, subject);
        return doomed.map(({ session_key, handle }) => ({
          key: bytesOf(session_key).toString("hex"),
          handle: String(handle),
        }));
      });
    },

    async checkpoint(subjectKey, now) {
      const subject = keyBytes(subjectKey);
      for (;;) {
        const drawn = randomBytes(16).toString("base64url");
        await run(drawCheckpoint, subject, drawn, now, drawn, now);
        const { rows } = await run(selectCheckpoint, subject);
        const checkpoint = rows[0]?.checkpoint;
        // A revocation between the two removed it: what is drawn from now on comes after that.
        if (typeof checkpoint === "string") return checkpoint;
      }
    },

    deleteAll() {
      return transaction(async (through) => {
        await through(removeSubjects);
        return (await through(removeAll)).affected;
      });
    },

    async sweep(now, limit) {
      watch.retry();
      const deadBefore = now - SWEEP_DELAY_SECONDS * 1000;
      const rows = rowsWithin(limit);
      const due = statement(`SELECT id, LEAST(idle_expires_at, absolute_expires_at) AS dies_at
        FROM ${sessions} FORCE INDEX (by_sweep) WHERE sweep_at < ?
        ORDER BY sweep_at LIMIT ${rows} FOR UPDATE SKIP LOCKED`);
      const { removed, isEnd } = await transaction(async (through) => {
        const found = (await through(due, deadBefore)).rows;
        const dead = found.filter(({ dies_at }) => Number(dies_at) < deadBefore);
        const alive = found.filter((row) => !dead.includes(row));
        if (dead.length > 0) await through(removing(dead));
        if (alive.length > 0) await through(postponing(alive));
        return { removed: dead.length, isEnd: found.length < rows };
      });
      const noneUnused = await removeUnused(now - CHECKPOINT_SECONDS * 1000, rows);
      return { removed, done: isEnd && noneUnused };
    },

    async scan(cursor, limit) {
      const count = rowsWithin(limit);
      const page = statement(`SELECT id, session_key, ${ROW_COLUMNS} FROM ${sessions}
        WHERE id > ? ORDER BY id LIMIT ${count}`);
      const { rows } = await run(page, Number(cursor ?? 0));
      const last = rows.length < count ? undefined : rows.at(-1);
      return { sessions: rows.map(storedOf), next: last && String(last.id) };
    },

    watch: watch.start,

    async clock() {
      const { rows } = await run(selectClock);
      return Math.round(Number(rows[0]?.micros) / 1000);
    },

    close() {
      // The pool is the caller's, and statements go with its connections.
    },
  };
}
