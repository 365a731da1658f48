/**
 * `holdfast migrate schema`: prints the tables of a SQL store, for whoever may create them. Talks to no
 * server: the text goes into the server's own program, or into the application's migrations.
 * `holdfast migrate copy` is in copy.ts.
 * @module
 */
import { parseArgs } from "node:util";
import { mysqlSchema } from "../stores/mysql-schema.ts";
import { postgresSchema } from "../stores/postgres-schema.ts";
import { type Command, done, failed, type Outcome } from "./command.ts";
import { runCopy } from "./copy.ts";

const OVERVIEW = `Usage: holdfast migrate <verb> [options]

Verbs:
  schema   print the SQL that creates or updates the tables of a store
  copy     move live sessions from one store to another

\`holdfast migrate <verb> --help\` tells more. Exit codes: 0 done, 1 run it again, 2 could
not run.`;

const SCHEMA_HELP = `Usage: holdfast migrate schema postgres [--table NAME] [--partitions N] [--json]
       holdfast migrate schema mysql [--table NAME] [--json]

Prints the SQL that creates the store's tables, or brings those of an earlier release up to
date. Running it again changes nothing. The store itself creates nothing, so that its role
needs no rights but to read and write rows.

  npx holdfast migrate schema postgres | psql -1 -v ON_ERROR_STOP=1 "$DATABASE_URL"
  npx holdfast migrate schema mysql | mysql app

  --table NAME     the store's option \`table\`. Default: holdfast_sessions
  --partitions N   partition the sessions by hash of the key, 2 to 1024 (postgres only)
  --json           print a JSON object, with the text as \`sql\`
  --help           print this`;

export const migrateCommand: Command = {
  name: "migrate",
  summary: "print the SQL of a store's tables, move live sessions between stores",
  run([verb, ...rest], io) {
    if (verb === "--help" || verb === "-h") return { exitCode: 0, text: OVERVIEW, isRaw: true };
    if (verb === undefined) return failed(OVERVIEW);
    if (verb === "schema") return schema(rest);
    if (verb === "copy") return runCopy(rest, io);
    return failed(`There is no \`holdfast migrate ${verb}\`.\n\n${OVERVIEW}`);
  },
};

function schema(args: readonly string[]): Outcome {
  if (args.includes("--help") || args.includes("-h")) {
    return { exitCode: 0, text: SCHEMA_HELP, isRaw: true };
  }
  const read = readArguments(args);
  if (typeof read === "string") return failed(`${read}\n\n${SCHEMA_HELP}`);
  const { server, table, partitions } = read;
  const sql =
    server === "mysql"
      ? mysqlSchema(table)
      : postgresSchema(table, partitions === undefined ? {} : { partitions });
  return done(sql.trimEnd(), { sql });
}

interface Arguments {
  readonly server: "postgres" | "mysql";
  readonly table: string | undefined;
  readonly partitions: number | undefined;
}

/** @returns What is wrong with the command line, if something is. */
function readArguments(args: readonly string[]): Arguments | string {
  const options = {
    table: { type: "string" },
    partitions: { type: "string" },
    json: { type: "boolean" },
  } as const;
  let parsed: ReturnType<
    typeof parseArgs<{ options: typeof options; allowPositionals: true; args: string[] }>
  >;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { positionals, values } = parsed;
  const [server, ...rest] = positionals;
  if (server !== "postgres" && server !== "mysql") {
    return server === undefined
      ? "Say which server: postgres or mysql."
      : `There is no schema for "${server}"; there are postgres and mysql.`;
  }
  if (rest.length > 0) return `One server at a time: "${rest[0]}" is one too many.`;
  if (server === "mysql" && values.partitions !== undefined) {
    return "--partitions is for postgres only.";
  }
  const { table, partitions } = values;
  return { server, table, partitions: partitions === undefined ? undefined : Number(partitions) };
}
