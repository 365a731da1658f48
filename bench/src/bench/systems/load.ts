/**
 * Loads one system with what it needs, for the process that is measured. The code of its rivals must not be
 * there: V8 decides by what a process has allocated so far whether short-lived objects begin in the old
 * generation, and better-auth alone, loaded and never called, made each request of Holdfast a third dearer.
 * @module
 */
import type { System } from "./system.ts";

type Loader = () => Promise<Readonly<Record<string, unknown>>>;

/** The file of each system, by its id. */
const files: Readonly<Record<string, Loader>> = {
  node: () => import("./node.ts"),
  "jose-es256": () => import("./node.ts"),
  jose: () => import("./node.ts"),
  holdfast: () => import("./holdfast-node.ts"),
  "holdfast-sqlite": () => import("./holdfast.ts"),
  "holdfast-express": () => import("./holdfast.ts"),
  "redis-get": () => import("./redis.ts"),
  "holdfast-redis": () => import("./redis.ts"),
  "postgres-select": () => import("./sql.ts"),
  "holdfast-postgres": () => import("./sql.ts"),
  "mariadb-select": () => import("./sql.ts"),
  "holdfast-mariadb": () => import("./sql.ts"),
  "better-auth-postgres": () => import("./better-auth.ts"),
  "better-auth-redis": () => import("./better-auth.ts"),
  "iron-session": () => import("./sealed.ts"),
  express: () => import("./express.ts"),
  "express-session": () => import("./express.ts"),
  "express-session-redis": () => import("./express.ts"),
  fastify: () => import("./fastify.ts"),
  "fastify-session": () => import("./fastify.ts"),
  "fastify-session-redis": () => import("./fastify.ts"),
};

/** @throws {Error} If there is no system of this id. */
export async function loadSystem(id: string): Promise<System> {
  const exported = await files[id]?.();
  const systems = Object.values(exported ?? {}) as readonly Partial<System>[];
  const found = systems.find((each) => each?.id === id);
  if (found === undefined) throw new Error(`There is no system ${id}`);
  return found as System;
}
