/**
 * The tables of the MySQL and MariaDB store, as SQL for whoever may create them. The store itself runs no DDL.
 * @module
 */
import { optionError } from "../errors.ts";

/** The names of the store's tables, quoted. */
export interface MysqlTables {
  readonly sessions: string;
  readonly subjects: string;
  readonly meta: string;
}

/** The table that the store uses unless told otherwise. */
export const DEFAULT_TABLE = "holdfast_sessions";

/**
 * Written to `<table>_meta`. Later versions only add columns with a default, so that this release goes on
 * working beside them.
 */
export const SCHEMA_VERSION = 1;

// Names are pasted into SQL, which has no placeholder for identifiers; they end at 64 characters,
// nine of which the store adds.
const TABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,54}$/;

/** @throws {SessionError} `HOLDFAST_OPTION` if the name cannot be pasted into SQL. */
export function tableNames(table: string): MysqlTables {
  if (typeof table !== "string" || !TABLE_NAME.test(table)) {
    throw optionError("table", "must be 1 to 55 letters, digits and _, and not begin with a digit");
  }
  return {
    sessions: `\`${table}\``,
    subjects: `\`${table}_subjects\``,
    meta: `\`${table}_meta\``,
  };
}

/**
 * SQL that creates what is missing: several statements, each ended by `;` and a line break. Running it again
 * changes nothing.
 *
 * @param table Name of the table: 1 to 55 letters, digits and `_`. Others get it as their beginning.
 * @throws {SessionError} `HOLDFAST_OPTION` if the name cannot be pasted into SQL.
 */
export function mysqlSchema(table: string = DEFAULT_TABLE): string {
  const { sessions, subjects, meta } = tableNames(table);
  /*
   * Columns hold what statements search, compare or change; `record` holds all the rest, and for
   * searching's sake some of it again. `sweep_at` is when a sweep should next look at the row: never later than the
   * earlier deadline, and left behind by renewals, so that a renewal writes no index. The number keeps rows
   * in order of creation: under the random key as primary key, inserts ran at a third of the speed and the
   * table was a third larger, for reads that were 5 to 10 % faster.
   */
  return `CREATE TABLE IF NOT EXISTS ${sessions} (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  session_key BINARY(34) NOT NULL,
  version BIGINT NOT NULL,
  idle_expires_at BIGINT NOT NULL,
  absolute_expires_at BIGINT NOT NULL,
  sweep_at BIGINT NOT NULL,
  handle CHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_key BINARY(32) NULL,
  record MEDIUMBLOB NOT NULL,
  UNIQUE KEY by_session_key (session_key),
  KEY by_subject (subject_key),
  KEY by_sweep (sweep_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS ${subjects} (
  subject_key BINARY(32) NOT NULL PRIMARY KEY,
  checkpoint CHAR(22) CHARACTER SET ascii COLLATE ascii_bin NULL,
  used_at BIGINT NOT NULL,
  KEY by_use (used_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS ${meta} (
  name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
) ENGINE=InnoDB;

INSERT INTO ${meta} (name, value) VALUES ('schema', ${SCHEMA_VERSION})
  ON DUPLICATE KEY UPDATE value = GREATEST(value, ${SCHEMA_VERSION});
`;
}
