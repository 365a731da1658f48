/**
 * The PostgreSQL store's statements as text, and the literals that are pasted into some of them.
 * @module
 */

import type { PostgresTables } from "./postgres-schema.ts";
import type { SubjectKey } from "./store.ts";

/**
 * One value for version, idle deadline and record: a column more costs the client more than the server
 * pays to join them. In hex, for a `bytea` is written as the server's `bytea_output` says. A standby
 * answers NULL: it lags, and would serve sessions that the primary has revoked.
 */
const PACKED = `CASE WHEN pg_is_in_recovery() THEN NULL
  ELSE encode(int8send(version) || int8send(idle_expires_at) || record, 'hex') END`;

/**
 * True, and from then on this transaction's commit waits for the disk even where the database's
 * `synchronous_commit` is off. Stronger settings are left alone.
 */
const DURABLY = `(current_setting('synchronous_commit') <> 'off'
  OR set_config('synchronous_commit', 'on', true) = 'on')`;

/** What {@link createText} must do beside inserting. */
export interface CreateShape {
  readonly locks: boolean;
  readonly checks: boolean;
  readonly replaces: boolean;
}

/**
 * $1 key, $2 version, $3 idle, $4 absolute deadline, $5 handle, $6 subject key, $7 record; then, as the
 * shape has them, the lock, the instant and the checkpoint, the key to replace.
 *
 * One statement, since the server takes the lock before it inserts. Sign-ins share the lock among
 * themselves and wait for a removal: it has then committed, and the checkpoint's row, locked here, is
 * gone whatever this statement's snapshot says. A removal that waits for a sign-in reads only afterwards.
 */
export function createText(
  { sessions, subjects }: PostgresTables,
  { locks, checks, replaces }: CreateShape,
): string {
  let last = 7;
  const next = () => `$${++last}`;
  const steps: string[] = [];
  let source = "";
  if (locks) {
    steps.push(`locked AS MATERIALIZED (SELECT 1 AS one FROM
      pg_advisory_xact_lock_shared(${next()}::bigint))`);
    source = "FROM locked";
  }
  if (checks) {
    steps.push(`valid AS (UPDATE ${subjects} SET used_at = GREATEST(used_at, ${next()}::bigint) ${source}
      WHERE subject_key = decode($6::text, 'hex') AND checkpoint = ${next()}::text RETURNING 1)`);
    source = "FROM valid";
  }
  steps.push(`added AS (INSERT INTO ${sessions} (key, version, idle_expires_at, absolute_expires_at,
      sweep_at, handle, subject_key, record)
    SELECT decode($1::text, 'hex'), $2::bigint, $3::bigint, $4::bigint, LEAST($3::bigint, $4::bigint),
      $5::text, decode($6::text, 'hex'), $7::bytea ${source}
    ON CONFLICT (key) DO NOTHING RETURNING 1)`);
  if (replaces) {
    steps.push(`gone AS (DELETE FROM ${sessions} USING added
      WHERE key = decode(${next()}::text, 'hex') AND ${DURABLY})`);
  }
  const outcome = "CASE WHEN EXISTS (SELECT FROM added) THEN 'created' ELSE 'exists' END";
  return `WITH ${steps.join(", ")} SELECT ${
    checks
      ? `CASE WHEN EXISTS (SELECT FROM valid) THEN ${outcome} ELSE 'revoked-meanwhile' END`
      : outcome
  }`;
}

/** What the store prepares, by the method that sends it. Values are in the order of their numbers. */
export function textsOf({
  sessions,
  subjects,
}: PostgresTables): Readonly<
  Record<
    | ("get" | "put" | "bury" | "touch" | "delete" | "deleteOnly" | "listSubject")
    | ("checkpoint" | "sweep" | "scan" | "clock" | "look"),
    string
  >
> {
  const update = (deadlines: string) => `UPDATE ${sessions} SET version = $2::bigint,
    record = $3::bytea, handle = $4::text, absolute_expires_at = $5::bigint, ${deadlines}
    WHERE key = decode($1::text, 'hex') AND version = $2::bigint - 1`;
  const DUE = "LEAST(t.idle_expires_at, t.absolute_expires_at)";
  return {
    get: `SELECT ${PACKED} FROM ${sessions} WHERE key = decode($1::text, 'hex')`,
    put: update("idle_expires_at = GREATEST(idle_expires_at, $6::bigint)"),
    bury: update("idle_expires_at = $6::bigint, sweep_at = LEAST(sweep_at, $6::bigint)"),
    touch: `UPDATE ${sessions} SET idle_expires_at = GREATEST(idle_expires_at, $3::bigint)
      WHERE key = decode($1::text, 'hex') AND version = $2::bigint`,
    delete: `DELETE FROM ${sessions} WHERE key = decode($1::text, 'hex') AND ${DURABLY}`,
    deleteOnly: `DELETE FROM ${sessions} WHERE key = decode($1::text, 'hex')
      AND version = $2::bigint AND idle_expires_at = $3::bigint AND ${DURABLY}`,
    listSubject: `SELECT encode(key, 'hex'), ${PACKED} FROM ${sessions}
      WHERE subject_key = decode($1::text, 'hex')`,
    checkpoint: `INSERT INTO ${subjects} AS t (subject_key, checkpoint, used_at)
      VALUES (decode($1::text, 'hex'), $2::text, $3::bigint)
      ON CONFLICT (subject_key) DO UPDATE SET used_at = GREATEST(t.used_at, EXCLUDED.used_at)
      RETURNING t.checkpoint`,
    // Rows that another sweep or a request holds are skipped: neither waits for the other.
    sweep: `WITH due AS MATERIALIZED (SELECT key FROM ${sessions} WHERE sweep_at < $1::bigint
        ORDER BY sweep_at LIMIT $3::bigint FOR UPDATE SKIP LOCKED),
      dead AS (DELETE FROM ${sessions} AS t USING due
        WHERE t.key = due.key AND ${DUE} < $1::bigint RETURNING 1),
      alive AS (UPDATE ${sessions} AS t SET sweep_at = ${DUE} FROM due
        WHERE t.key = due.key AND ${DUE} >= $1::bigint RETURNING 1),
      used AS MATERIALIZED (SELECT subject_key FROM ${subjects} WHERE used_at < $2::bigint
        ORDER BY used_at LIMIT $3::bigint FOR UPDATE SKIP LOCKED),
      unused AS (DELETE FROM ${subjects} AS t USING used
        WHERE t.subject_key = used.subject_key AND t.used_at < $2::bigint RETURNING 1)
      SELECT (SELECT count(*) FROM dead), (SELECT count(*) FROM due), (SELECT count(*) FROM used)`,
    scan: `SELECT encode(key, 'hex'), ${PACKED} FROM ${sessions}
      WHERE key > decode($1::text, 'hex') ORDER BY key LIMIT $2::bigint`,
    clock: "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    look: `SELECT current_setting('fsync'), pg_is_in_recovery(),
      EXISTS (SELECT FROM pg_stat_replication), current_setting('synchronous_standby_names'),
      current_setting('synchronous_commit')`,
  };
}

/**
 * The lock must be granted before the statement that reads begins, and that one must see what was committed
 * until then, whatever isolation level the database is set to.
 */
const READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";

export function deleteSubjectScript(
  { sessions, subjects }: PostgresTables,
  subjectKey: SubjectKey,
  except: string | undefined,
): string {
  const subject = hexLiteral(Buffer.from(subjectKey, "hex"));
  const kept =
    except === undefined
      ? ""
      : `AND handle <> convert_from(${hexLiteral(Buffer.from(except))}, 'UTF8')`;
  return `${READ_COMMITTED};
    SELECT 1 FROM pg_advisory_xact_lock(${lockOf(subjectKey)}) WHERE ${DURABLY};
    DELETE FROM ${subjects} WHERE subject_key = ${subject};
    DELETE FROM ${sessions} WHERE subject_key = ${subject} ${kept}
      RETURNING encode(key, 'hex'), handle`;
}

/** Checkpoints first: a sign-in that holds one of them is waited for, and removed by what follows. */
export function deleteAllScript({ sessions, subjects }: PostgresTables): string {
  return `${READ_COMMITTED};
    DELETE FROM ${subjects};
    WITH gone AS (DELETE FROM ${sessions} WHERE ${DURABLY} RETURNING 1) SELECT count(*) FROM gone`;
}

/** The lock of a subject: 64 bits of its key. Two that share them wait for each other, and no more. */
export function lockOf(subjectKey: SubjectKey): string {
  return String(BigInt.asIntN(64, BigInt(`0x${subjectKey.slice(0, 16)}`)));
}

/** Bytes as an expression, which holds hex digits whatever the bytes are. */
function hexLiteral(bytes: Buffer): string {
  return `decode('${bytes.toString("hex")}', 'hex')`;
}
