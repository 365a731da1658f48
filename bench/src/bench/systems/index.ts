/**
 * Every system that is measured, each bare server before those that are compared with it.
 * @module
 */
import { betterAuthPostgres, betterAuthRedis } from "./better-auth.ts";
import { expressBare, expressSessionRedis, expressSessionSystem } from "./express.ts";
import { fastifyBare, fastifySessionRedis, fastifySessionSystem } from "./fastify.ts";
import { holdfastExpress, holdfastSqlite } from "./holdfast.ts";
import { holdfastNode } from "./holdfast-node.ts";
import { joseEs256, joseNode, nodeBare } from "./node.ts";
import { holdfastRedis, redisGet } from "./redis.ts";
import { ironSession } from "./sealed.ts";
import { holdfastMariadb, holdfastPostgres, mariadbSelect, postgresSelect } from "./sql.ts";
import type { System } from "./system.ts";

export const systems: readonly System[] = [
  nodeBare,
  holdfastNode,
  holdfastSqlite,
  joseNode,
  joseEs256,
  redisGet,
  holdfastRedis,
  expressSessionRedis,
  ironSession,
  postgresSelect,
  holdfastPostgres,
  mariadbSelect,
  holdfastMariadb,
  betterAuthPostgres,
  betterAuthRedis,
  expressBare,
  holdfastExpress,
  expressSessionSystem,
  fastifyBare,
  fastifySessionSystem,
  fastifySessionRedis,
];
