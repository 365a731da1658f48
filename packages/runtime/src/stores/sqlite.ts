/**
 * SQLite store: the embedded default, for one machine with one or several processes.
 * Takes any client shaped like better-sqlite3, libsql or `node:sqlite`; depends on none.
 * @module
 */
import { randomBytes } from "node:crypto";
import { optionError } from "../errors.ts";
import { whenFree } from "./sqlite-busy.ts";
import { ROW_COLUMNS, recordOf, type SessionRow } from "./sqlite-row.ts";
import { openTables, rollback, type SqliteDatabase, tableNames } from "./sqlite-schema.ts";
import {
  CHECKPOINT_SECONDS,
  isTombstone,
  type RemovedSession,
  type SessionRecord,
  type SessionStore,
  SWEEP_DELAY_SECONDS,
} from "./store.ts";
import { packRecord } from "./store-bytes.ts";

export type { SqliteDatabase, SqliteStatement } from "./sqlite-schema.ts";

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * Table to use, created if missing: 1 to 63 letters, digits and `_`. The store adds
   * `<table>_checkpoints` and `<table>_meta` beside it.
   * @default "sessions"
   */
  readonly table?: string;
}

type KeyedRow = SessionRow & { readonly key: string };

const storedOf = (row: KeyedRow) => ({ key: row.key, record: recordOf(row) });

// Removing a row writes three pages, most of them its own: 25 rows and the checkpoint they cause hold
// the event loop for 4 ms at the median and 7 to 11 at the 99th percentile; 100 rows for 25 and more.
const SWEEP_ROWS = 25;

/**
 * Keeps sessions in a SQLite file on a local disk, in WAL mode. A sign-out or revocation is on the disk
 * when its promise resolves; an ordinary write survives the process at once, a power failure within
 * moments. Methods answer synchronously, and with a promise only while another process holds the file.
 *
 * @param db A connection of the store's own: the store sets `busy_timeout`, `synchronous` and
 *   `journal_mode` on it and begins transactions. It stays the caller's to close.
 * @throws {SessionError} `HOLDFAST_OPTION` if `table` is no plain name or somebody else's table;
 *   `HOLDFAST_STORE` if the file cannot be used.
 * @example
 * import { DatabaseSync } from "node:sqlite";
 * const store = sqliteStore(new DatabaseSync("sessions.db"));
 */
export function sqliteStore(db: SqliteDatabase, options: SqliteStoreOptions = {}): SessionStore {
  const { table = "sessions", ...unknown } = options;
  for (const name of Object.keys(unknown))
    throw optionError(name, "is not an option of sqliteStore");
  const { sessions, checkpoints } = tableNames(table);
  const { inMemory, ordinarySync } = openTables(db, table);

  // Keys travel as hex: libsql 0.5 takes a lone Buffer for named parameters and aborts the process.
  const select = db.prepare(`SELECT ${ROW_COLUMNS} FROM ${sessions} WHERE key = unhex(?)`);
  const selectSubject = db.prepare(
    `SELECT lower(hex(key)) AS key, ${ROW_COLUMNS} FROM ${sessions} WHERE subjectKey = unhex(?)`,
  );
  const selectFrom = db.prepare(
    `SELECT id, lower(hex(key)) AS key, ${ROW_COLUMNS} FROM ${sessions} WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const selectHandles = db.prepare(
    `SELECT id, lower(hex(key)) AS key, handle FROM ${sessions} WHERE subjectKey = unhex(?)`,
  );
  const insert =
    db.prepare(`INSERT INTO ${sessions} (key, subjectKey, sweepAt, handle, absoluteExpiresAt,
      version, record, idleExpiresAt)
    VALUES (unhex(?), unhex(?), ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`);
  const update = (deadlines: string) =>
    db.prepare(`UPDATE ${sessions} SET handle = ?, absoluteExpiresAt = ?, version = ?, record = ?,
        ${deadlines}
      WHERE key = unhex(?) AND version = ?`);
  const replace = update("idleExpiresAt = max(idleExpiresAt, ?)");
  const bury = update("idleExpiresAt = ?, sweepAt = min(sweepAt, ?)");
  const raise = db.prepare(`UPDATE ${sessions} SET idleExpiresAt = max(idleExpiresAt, ?)
    WHERE key = unhex(?) AND version = ?`);
  const remove = db.prepare(`DELETE FROM ${sessions} WHERE key = unhex(?)`);
  const removeOnly = db.prepare(`DELETE FROM ${sessions}
    WHERE key = unhex(?) AND version = ? AND idleExpiresAt = ?`);
  const removeById = db.prepare(`DELETE FROM ${sessions} WHERE id = ?`);
  const removeAll = db.prepare(`DELETE FROM ${sessions}`);

  // Rows leave the index's front by these two, so the second sees what the first found alive.
  const due = `id IN (SELECT id FROM ${sessions} WHERE sweepAt < ? ORDER BY sweepAt, id LIMIT ?)`;
  const removeDead = db.prepare(
    `DELETE FROM ${sessions} WHERE ${due} AND min(idleExpiresAt, absoluteExpiresAt) < ?`,
  );
  const postpone = db.prepare(
    `UPDATE ${sessions} SET sweepAt = min(idleExpiresAt, absoluteExpiresAt) WHERE ${due}`,
  );

  const selectCheckpoint = db.prepare(
    `SELECT value FROM ${checkpoints} WHERE subjectKey = unhex(?)`,
  );
  const addCheckpoint = db.prepare(`INSERT INTO ${checkpoints} VALUES (unhex(?), ?, ?)
    ON CONFLICT (subjectKey) DO UPDATE SET usedAt = max(usedAt, excluded.usedAt)`);
  const useCheckpoint = db.prepare(`UPDATE ${checkpoints} SET usedAt = max(usedAt, ?)
    WHERE subjectKey = unhex(?) AND value = ?`);
  const removeCheckpoint = db.prepare(`DELETE FROM ${checkpoints} WHERE subjectKey = unhex(?)`);
  const removeCheckpoints = db.prepare(`DELETE FROM ${checkpoints}`);
  const removeUnused = db.prepare(`DELETE FROM ${checkpoints} WHERE subjectKey IN
    (SELECT subjectKey FROM ${checkpoints} WHERE usedAt < ? ORDER BY usedAt LIMIT ?)`);

  /** All of the step or nothing of it. Locks at once: a lock taken half-way could not be waited for. */
  function transaction<T>(step: () => T): T {
    db.exec("BEGIN IMMEDIATE");
    try {
      const result = step();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      rollback(db);
      throw error;
    }
  }

  /**
   * A lone statement, in a transaction where the file can be busy: libsql leaves a prepared statement open
   * that finds it so, and from then on the connection would read an old state for good. `BEGIN` is not prepared.
   */
  const write: <T>(step: () => T) => T = inMemory ? (step) => step() : transaction;

  /** On the disk before it returns: a power failure must not bring back what was revoked. */
  function durably<T>(step: () => T): T {
    if (ordinarySync === "FULL") return step();
    db.exec("PRAGMA synchronous = FULL");
    try {
      return step();
    } finally {
      db.exec(`PRAGMA synchronous = ${ordinarySync}`);
    }
  }

  /** The values of `replace` and of `bury`, up to their deadlines. */
  const changing = (record: SessionRecord) =>
    [record.handle, record.absoluteExpiresAt, record.version, packRecord(record)] as const;

  return {
    name: "sqlite",
    traits: {
      shared: inMemory ? "process" : "machine",
      revocation: "durable",
      index: true,
      nativeExpiry: false,
      durable: !inMemory,
    },

    get(key) {
      return whenFree(() => {
        const row = select.get(key) as SessionRow | undefined;
        return row === undefined ? undefined : recordOf(row);
      });
    },

    create(key, record, { now, checkpoint, replaces }) {
      const { subjectKey, idleExpiresAt } = record;
      const sweepAt = Math.min(idleExpiresAt, record.absoluteExpiresAt);
      const add = () => {
        const added = insert.run(key, subjectKey, sweepAt, ...changing(record), idleExpiresAt);
        return Number(added.changes) === 1 ? "created" : "exists";
      };
      if (checkpoint === undefined && replaces === undefined) return whenFree(() => write(add));

      const exchange = () =>
        transaction(() => {
          if (checkpoint !== undefined) {
            const used = useCheckpoint.run(now, subjectKey, checkpoint);
            if (Number(used.changes) === 0) return "revoked-meanwhile";
          }
          const outcome = add();
          if (outcome === "created" && replaces !== undefined) remove.run(replaces);
          return outcome;
        });
      return whenFree(() => (replaces === undefined ? exchange() : durably(exchange)));
    },

    put(key, record) {
      const { idleExpiresAt, version } = record;
      const isBuried = isTombstone(record);
      const replaceOnce = () => {
        const { changes } = isBuried
          ? bury.run(...changing(record), idleExpiresAt, idleExpiresAt, key, version - 1)
          : replace.run(...changing(record), idleExpiresAt, key, version - 1);
        return Number(changes) === 1;
      };
      return whenFree(() => write(replaceOnce));
    },

    touch(key, version, idleExpiresAt) {
      const raiseOnce = () => Number(raise.run(idleExpiresAt, key, version).changes) === 1;
      return whenFree(() => write(raiseOnce));
    },

    delete(key, only) {
      const removeOnce = () => {
        const { changes } =
          only === undefined
            ? remove.run(key)
            : removeOnly.run(key, only.version, only.idleExpiresAt);
        return Number(changes) === 1;
      };
      return whenFree(() => durably(() => write(removeOnce)));
    },

    listSubject(subjectKey) {
      return whenFree(() => {
        const rows = selectSubject.all(subjectKey) as KeyedRow[];
        return rows.map(storedOf);
      });
    },

    deleteSubject(subjectKey, { except } = {}) {
      const removeSessions = (): readonly RemovedSession[] => {
        const rows = selectHandles.all(subjectKey) as (RemovedSession & { readonly id: number })[];
        const doomed = rows.filter(({ handle }) => handle !== except);
        for (const { id } of doomed) removeById.run(id);
        // The next `checkpoint` draws a new value, and until then none is accepted: as good as replacing it.
        removeCheckpoint.run(subjectKey);
        return doomed.map(({ key, handle }) => ({ key, handle }));
      };
      return whenFree(() => durably(() => transaction(removeSessions)));
    },

    checkpoint(subjectKey, now) {
      return whenFree(() =>
        transaction(() => {
          addCheckpoint.run(subjectKey, randomBytes(16).toString("base64url"), now);
          return (selectCheckpoint.get(subjectKey) as { readonly value: string }).value;
        }),
      );
    },

    deleteAll() {
      const removeEverything = () => {
        removeCheckpoints.run();
        return Number(removeAll.run().changes);
      };
      return whenFree(() => durably(() => transaction(removeEverything)));
    },

    sweep(now, limit) {
      const deadBefore = now - SWEEP_DELAY_SECONDS * 1000;
      const unusedSince = now - CHECKPOINT_SECONDS * 1000;
      const rows = Math.min(limit, SWEEP_ROWS);
      const step = () => {
        const removed = Number(removeDead.run(deadBefore, rows, deadBefore).changes);
        const postponed = Number(postpone.run(deadBefore, rows - removed).changes);
        const unused = Number(removeUnused.run(unusedSince, rows).changes);
        return { removed, done: removed + postponed < rows && unused < rows };
      };
      return whenFree(() => transaction(step));
    },

    scan(cursor, limit) {
      return whenFree(() => {
        const rows = selectFrom.all(Number(cursor ?? 0), limit) as (KeyedRow & {
          readonly id: number;
        })[];
        const last = rows.length < limit ? undefined : rows.at(-1);
        return { sessions: rows.map(storedOf), next: last && String(last.id) };
      });
    },

    close() {
      // The connection is the caller's, and statements go with it.
    },
  };
}
