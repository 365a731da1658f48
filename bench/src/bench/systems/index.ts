/**
 * Every system that is measured, each bare server before those that are compared with it.
 * @module
 */
import { expressBare, expressSessionSystem } from "./express.ts";
import { fastifyBare, fastifySessionSystem } from "./fastify.ts";
import { holdfastExpress, holdfastNode, holdfastSqlite } from "./holdfast.ts";
import { joseNode, nodeBare } from "./node.ts";
import type { System } from "./system.ts";

export const systems: readonly System[] = [
  nodeBare,
  holdfastNode,
  holdfastSqlite,
  joseNode,
  expressBare,
  holdfastExpress,
  expressSessionSystem,
  fastifyBare,
  fastifySessionSystem,
];
