/** The clients that fit, by their own types. */
import type { Client, Pool, PoolClient } from "pg";
import type { Sql } from "postgres";
import { expectTypeOf } from "vitest";
import type { PostgresClient } from "./postgres.ts";

expectTypeOf<Pool>().toExtend<PostgresClient>();
expectTypeOf<Sql>().toExtend<PostgresClient>();
expectTypeOf<Sql<{ bigint: bigint }>>().toExtend<PostgresClient>();
// A single connection does not come back once it is lost.
expectTypeOf<Client>().not.toExtend<PostgresClient>();
expectTypeOf<PoolClient>().not.toExtend<PostgresClient>();
