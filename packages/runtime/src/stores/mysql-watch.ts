/**
 * What of the server's set-up breaks a promise of the MySQL and MariaDB store.
 * @module
 */
import { SessionError } from "../errors.ts";
import { isDenied, type MysqlClient, type MysqlRow } from "./mysql-client.ts";
import { type MysqlTables, SCHEMA_VERSION } from "./mysql-schema.ts";
import type { StoreProblem } from "./store.ts";
import { type StoreWatch, watchOnce } from "./store-watch.ts";

/** `OFF` or `0`, by the server and its version. */
const isOn = (value: unknown) => !/^(0|OFF|)$/i.test(String(value ?? ""));

export function mysqlWatch(client: MysqlClient, tables: MysqlTables): StoreWatch {
  const selectSettings = client.statement(
    `SELECT @@global.innodb_flush_log_at_trx_commit AS flushed, @@global.log_bin AS log_bin,
       @@global.sync_binlog AS sync_binlog, @@global.read_only AS read_only`,
  );
  const selectSchema = client.statement(`SELECT value FROM ${tables.meta} WHERE name = 'schema'`);

  async function look(): Promise<readonly StoreProblem[]> {
    const { rows: settings } = await client.run(selectSettings);
    const { rows: schema } = await client.run(selectSchema);
    return [...faultsOf(settings[0] ?? {}), ...schemaFaults(Number(schema[0]?.value ?? 0))];
  }

  return watchOnce(look, problemOf);
}

function faultsOf({ flushed, log_bin, sync_binlog, read_only }: MysqlRow): readonly StoreProblem[] {
  const faults: StoreProblem[] = [];
  if (Number(flushed) !== 1) {
    faults.push({
      problem: "not-durable",
      explanation:
        "innodb_flush_log_at_trx_commit is not 1: a power failure can bring back sessions that were ended in the second before; set it to 1",
    });
  }
  if (isOn(log_bin) && Number(sync_binlog) !== 1) {
    faults.push({
      problem: "not-durable",
      explanation:
        "the server writes a binary log and sync_binlog is not 1: recovery after a power failure follows that log and can bring back sessions that were ended just before; set it to 1",
    });
  }
  if (isOn(read_only)) {
    faults.push({
      problem: "read-only",
      explanation:
        "the server is read-only, as a replica is: no session can be written; connect the pool to the primary",
    });
  }
  return faults;
}

function schemaFaults(version: number): readonly StoreProblem[] {
  if (version >= SCHEMA_VERSION) return [];
  return [
    {
      problem: "schema",
      explanation:
        "the tables are older than this release or incomplete; apply what `holdfast migrate schema mysql` prints",
    },
  ];
}

function problemOf(error: unknown): StoreProblem | undefined {
  if (error instanceof SessionError) return { problem: "schema", explanation: error.message };
  if (!isDenied(error)) return undefined;
  return {
    problem: "unverified",
    explanation:
      "the server does not let the store read its settings or its tables; check what the store's account may do",
  };
}
