/** The clients that fit, by their own types. */
import type * as Mariadb from "mariadb";
import type * as MysqlCallback from "mysql2";
import type * as MysqlPromise from "mysql2/promise";
import { expectTypeOf } from "vitest";
import type { MysqlPool } from "./mysql.ts";

expectTypeOf<MysqlPromise.Pool>().toExtend<MysqlPool>();
expectTypeOf<MysqlCallback.Pool>().toExtend<MysqlPool>();
expectTypeOf<Mariadb.Pool>().toExtend<MysqlPool>();
expectTypeOf<MysqlPromise.Connection>().not.toExtend<MysqlPool>();
expectTypeOf<Mariadb.Connection>().not.toExtend<MysqlPool>();
expectTypeOf<Mariadb.PoolCluster>().not.toExtend<MysqlPool>();
