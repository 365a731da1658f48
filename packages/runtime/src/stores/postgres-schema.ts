/**
 * The PostgreSQL store's tables, as the text that `holdfast migrate schema postgres` prints. Knows nothing
 * of what is in a row, and asks no server.
 * @module
 */
import { optionError } from "../errors.ts";

/** The names of the store's tables, quoted, with their schema if one was given. */
export interface PostgresTables {
  readonly sessions: string;
  readonly subjects: string;
  readonly meta: string;
}

/** @see postgresSchema */
export interface PostgresSchemaOptions {
  /**
   * Partitions of the sessions by hash of the key, 2 to 1024: smaller indexes, each vacuumed by itself.
   * Only before the first session: a table is not turned into a partitioned one later.
   * @default one table
   */
  readonly partitions?: number;
}

/** The table that the store and the command use unless told otherwise. */
export const DEFAULT_TABLE = "holdfast_sessions";

/**
 * Written to `<table>_meta`. Later versions only add columns with a default, so that this release goes on
 * working beside them.
 */
const SCHEMA_VERSION = 1;

// Names are pasted into SQL, which has no placeholder for identifiers. PostgreSQL cuts them off at 63
// bytes; the longest suffix added here has 13.
const NAME = "[A-Za-z_][A-Za-z0-9_]";
const TABLE_NAME = new RegExp(`^(?:(${NAME}{0,62})\\.)?(${NAME}{0,49})$`);

const MAX_PARTITIONS = 1024;

// Under touches at random a table filled to 80 kept its size, with 99.99 % of 60 000 HOT; at 90 it once grew
// by a third, beyond what it had saved, and at 100 96 % were HOT.
const FILLED = "WITH (fillfactor = 80)";

/** @throws {SessionError} `HOLDFAST_OPTION` if the name cannot be pasted into SQL. */
export function tableNames(table: string): PostgresTables {
  const { quoted } = parseName(table);
  return {
    sessions: quoted(""),
    subjects: quoted("_subjects"),
    meta: quoted("_meta"),
  };
}

function parseName(table: string) {
  const [, schema, name] = TABLE_NAME.exec(table) ?? [];
  if (name === undefined) {
    throw optionError(
      "table",
      "must be 1 to 50 letters, digits and _, after a schema's name and a dot if need be",
    );
  }
  const prefix = schema === undefined ? "" : `"${schema}".`;
  return { name, quoted: (suffix: string) => `${prefix}"${name}${suffix}"` };
}

/**
 * The statements that create the store's tables, and that bring those of an earlier release up to date.
 * Running them again changes nothing.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` if the name cannot be pasted into SQL, or `partitions` is out of range.
 */
export function postgresSchema(
  table: string = DEFAULT_TABLE,
  { partitions = 1 }: PostgresSchemaOptions = {},
): string {
  const { sessions, subjects, meta } = tableNames(table);
  const { name, quoted } = parseName(table);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS) {
    throw optionError("partitions", `must be a whole number from 2 to ${MAX_PARTITIONS}`);
  }
  const isPartitioned = partitions > 1;
  const parts = Array.from(
    { length: isPartitioned ? partitions : 0 },
    (_, n) => `CREATE TABLE IF NOT EXISTS ${quoted(`_p${n}`)} PARTITION OF ${sessions}
  FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${n}) ${FILLED};
`,
  );
  return `-- Tables of Holdfast's PostgreSQL store. Running this again changes nothing.

-- Instants are Unix epoch milliseconds. Nothing that a renewal writes is indexed, and pages keep room for
-- its new row version, so that it stays a HOT update: sweep_at is when a sweep should next look at the row,
-- left behind by renewals and moved up by a sweep that finds the session alive.
CREATE TABLE IF NOT EXISTS ${sessions} (
  key bytea PRIMARY KEY,
  version bigint NOT NULL,
  idle_expires_at bigint NOT NULL,
  absolute_expires_at bigint NOT NULL,
  sweep_at bigint NOT NULL,
  handle text NOT NULL,
  subject_key bytea,
  record bytea NOT NULL
)${isPartitioned ? " PARTITION BY HASH (key)" : ` ${FILLED}`};
${parts.join("")}CREATE INDEX IF NOT EXISTS "${name}_subject" ON ${sessions} (subject_key)
  WHERE subject_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS "${name}_sweep" ON ${sessions} (sweep_at);

CREATE TABLE IF NOT EXISTS ${subjects} (
  subject_key bytea PRIMARY KEY,
  checkpoint text NOT NULL,
  used_at bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS "${name}_subjects_used" ON ${subjects} (used_at);

CREATE TABLE IF NOT EXISTS ${meta} (
  name text PRIMARY KEY,
  value bigint NOT NULL
);
INSERT INTO ${meta} (name, value) VALUES ('schema', ${SCHEMA_VERSION})
  ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value
  WHERE ${meta}.value < EXCLUDED.value;
`;
}
