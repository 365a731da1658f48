/** The clients that fit, by their own types. */
import type BetterSqlite3 from "better-sqlite3";
import type Libsql from "libsql";
import { expectTypeOf } from "vitest";
import type { SqliteDatabase } from "./sqlite.ts";

expectTypeOf<BetterSqlite3.Database>().toExtend<SqliteDatabase>();
expectTypeOf<Libsql.Database>().toExtend<SqliteDatabase>();
expectTypeOf<{ exec(sql: string): void }>().not.toExtend<SqliteDatabase>();
