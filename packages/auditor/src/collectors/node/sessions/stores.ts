/**
 * Session stores: what kind of storage one is, how long it keeps a session by itself, and whether it seals it.
 * @module
 */
import ts from "typescript";
import type { Setting, StorageKind } from "../../../evidence.ts";
import { nodesOf, placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { type CallValue, property, shipped, type Value } from "../../script/script-value.ts";
import { type Sealing, sealingOf, sealingOfSerializer } from "./sealing.ts";
import { byDefault, type Otherwise, settingSet, settingUnknown } from "./setting.ts";

interface StoreKind {
  readonly modules: RegExp;
  readonly kind: StorageKind;
  /** What the store itself takes if neither it nor the cookie is told a lifetime. */
  readonly defaultSeconds?: number;
}

const STORES: readonly StoreKind[] = [
  {
    modules:
      /^(?:connect-redis|koa-redis|@fastify\/redis|redis|ioredis|fastify-redis|rate-limit-redis|connect-valkey|redis-sessions|unstorage\/drivers\/redis|hono-sessions\/redis|connect-ioredis|@quixo3\/.*redis.*|.*redis.*store.*)/,
    kind: "redis",
    defaultSeconds: 86_400,
  },
  {
    modules:
      /^(?:connect-mongo|connect-mongodb-session|koa-session-mongo.*|mongoose-session|koa-generic-session-mongo|connect-mongo-.*|@.*\/connect-mongo|.*mongo.*)/,
    kind: "documents",
    defaultSeconds: 1_209_600,
  },
  {
    modules:
      /^(?:connect-dynamodb|dynamodb-store|connect-couchbase|connect-couchdb|.*firestore.*|.*firebase.*|.*cosmos.*|connect-pouchdb|connect-arango|express-session-rethinkdb|session-rethinkdb|.*rethink.*|connect-neo4j)/,
    kind: "documents",
    defaultSeconds: 86_400,
  },
  {
    modules: /^(?:connect-memcached|connect-memjs|memcached|.*memcached.*)/,
    kind: "memcached",
    defaultSeconds: 86_400,
  },
  {
    modules:
      /^(?:session-file-store|connect-loki|connect-nedb.*|nedb-.*|express-nedb-session|connect-sqlite-file|koa-.*file.*|connect-fs.*|connect-lowdb.*|lowdb.*|connect-filestore)/,
    kind: "files",
    defaultSeconds: 3600,
  },
  {
    modules:
      /^(?:memorystore|session-memory-store|express-session-cache-manager|lru-cache|quick-lru|node-cache)/,
    kind: "memory",
    defaultSeconds: 86_400,
  },
  {
    modules:
      /^(?:connect-pg-simple|connect-session-sequelize|connect-typeorm|typeorm-store|connect-session-knex|@quixo3\/prisma-session-store|connect-pg|pg-connect.*|express-mysql-session|connect-sqlite3|better-sqlite3-session-store|express-session-sequelize|koa-mysql-session|koa-pg-session|koa-session-sequelize.*|connect-mssql.*|connect-prisma.*|.*prisma.*|.*sequelize.*|.*typeorm.*|.*knex.*|.*mysql.*|.*postgres.*|.*sqlite.*|.*pg-.*|@prisma\/.*|drizzle.*|.*drizzle.*|kysely.*|.*mikro-orm.*|connect-cassandra.*|connect-oracle.*|mssql-.*)/,
    kind: "database",
    defaultSeconds: 86_400,
  },
];

export interface StoreEvidence {
  readonly storage: Setting<StorageKind>;
  /** Seconds after which the store forgets a session by itself; `undefined` if it never does or is not known. */
  readonly defaultSeconds: number | undefined;
  /** Where the application tells the store a lifetime. */
  readonly ttl: Value | undefined;
  readonly sealing: Sealing;
  /** The call that makes the store, if it is a package's. */
  readonly made: CallValue | undefined;
}

/** What stands in the `store` option. */
export function storeOf(
  project: ScriptProject,
  value: Value,
  otherwise: Otherwise<StorageKind>,
): StoreEvidence {
  const effective = shipped(value);
  const none = {
    defaultSeconds: undefined,
    ttl: undefined,
    sealing: "clear" as const,
    made: undefined,
  };
  if (effective.kind === "literal" || effective.kind === "environment") {
    const storage = {
      value: otherwise.value,
      origin: { kind: "default" as const, of: otherwise.of, place: otherwise.place },
    };
    return { ...none, storage };
  }
  if (effective.kind === "call" || effective.kind === "external") {
    const kind = packageKind(project, effective.module, effective.path);
    const call = effective.kind === "call" ? effective : undefined;
    if (kind === undefined) {
      const own = storeClass(project);
      const custom = own === undefined ? "custom" : ownKind(own);
      const sealing = own === undefined ? "clear" : sealingOfClass(project, own);
      return { ...none, sealing, storage: settingSet(custom, effective.place), made: call };
    }
    const options = call === undefined ? undefined : optionsOf(project, call);
    return {
      storage: settingSet(kind.kind, effective.place),
      defaultSeconds: kind.defaultSeconds,
      ttl: options && lifetimeOption(options),
      sealing: options === undefined ? "clear" : sealingBy(project, options),
      made: call,
    };
  }
  if (effective.kind === "class" || effective.kind === "function" || effective.kind === "object") {
    const kind = ownKind(effective.kind === "object" ? undefined : effective.node);
    const sealing =
      effective.kind === "object"
        ? sealingOf(project, property(effective, "set"))
        : sealingOfClass(project, effective.node);
    return { ...none, sealing, storage: settingSet(kind, effective.place) };
  }
  if (effective.kind === "unknown") {
    const own = storeClass(project);
    if (own !== undefined) {
      const sealing = sealingOfClass(project, own);
      return { ...none, sealing, storage: settingSet(ownKind(own), placeOf(own)) };
    }
    return { ...none, storage: settingUnknown(effective.why, effective.place) };
  }
  return { ...none, storage: settingUnknown("is not followed", effective.place) };
}

function packageKind(
  project: ScriptProject,
  module: string,
  path: readonly string[],
): StoreKind | undefined {
  const name = path.filter((part) => part !== "()").join(".");
  if (/MemoryStore$/.test(name)) return { modules: /./, kind: "memory" };
  const known = STORES.find(({ modules }) => modules.test(module));
  if (known !== undefined) return known;
  // new RedisStore() of a package that holds several: its own name says which.
  const byName = STORES.find(({ modules }) => modules.test(name.toLowerCase()));
  if (byName !== undefined) return byName;
  // A client made by the application's own module is what its packages are.
  return project.files.length > 0 && /redis/i.test(name) ? STORES[0] : undefined;
}

/** The first argument that is an object of options. */
function optionsOf(project: ScriptProject, value: CallValue): Value | undefined {
  for (const argument of value.call.arguments ?? []) {
    const found = shipped(project.evaluator.evaluate(argument));
    if (found.kind === "object") return found;
  }
  return undefined;
}

function lifetimeOption(options: Value): Value | undefined {
  for (const name of ["ttl", "expiration", "expires", "defaultTTL", "expire", "maxAge"]) {
    const value = property(options, name);
    if (value.kind !== "unknown" && !(value.kind === "literal" && value.value === undefined))
      return value;
  }
  return undefined;
}

/** connect-mongo seals what it keeps if it is given a secret; others by a serializer of the application's. */
function sealingBy(project: ScriptProject, options: Value): Sealing {
  const secret = property(property(options, "crypto"), "secret");
  const hasSecret =
    secret.kind === "unknown"
      ? secret.fallback !== undefined
      : secret.kind !== "literal" || typeof secret.value === "string" || secret.unset !== undefined;
  if (hasSecret) return "sealed";
  const serializer = property(options, "serializer");
  const isGiven = serializer.kind !== "literal" || serializer.value !== undefined;
  const isSpread = serializer.kind === "unknown" && shipped(options).kind === "object";
  return isGiven && !isSpread ? sealingOfSerializer(project, serializer) : "clear";
}

/** What a store of the application's own writes. */
function sealingOfClass(project: ScriptProject, node: ts.Node): Sealing {
  if (!ts.isClassLike(node)) return "unknown";
  const set = node.members.find((one) => one.name?.getText() === "set");
  return set !== undefined && ts.isMethodDeclaration(set)
    ? sealingOf(project, { kind: "function", node: set, place: placeOf(set) })
    : "clear";
}

/** Whether contents are encrypted where a store keeps them. */
export function encryptionIn(
  { sealing, storage }: StoreEvidence,
  { of, place }: Otherwise<boolean>,
): Setting<boolean> {
  const at = storage.origin.place ?? place;
  if (sealing === "sealed") return settingSet(true, at);
  return sealing === "unknown"
    ? settingUnknown("What the store does to contents before it keeps them is not followed.", at)
    : byDefault({ value: false, of, place });
}

/** The only class of the application that is a session store. */
function storeClass(project: ScriptProject): ts.Node | undefined {
  const found: ts.Node[] = [];
  for (const source of project.filesWith(/class\s+\w*Store\b/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isClassDeclaration(node) || !/Store$/.test(node.name?.text ?? "")) continue;
      const methods = new Set(node.members.map((one) => one.name?.getText()));
      if (methods.has("get") && methods.has("set") && methods.has("destroy")) found.push(node);
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

/** An own store is known by what it keeps sessions with. */
function ownKind(node: ts.Node | undefined): StorageKind {
  if (node === undefined) return "custom";
  const text = node.getSourceFile().text;
  const body = node.getText();
  if (ts.isClassLike(node) && /extends\s+(?:\w+\.)*MemoryStore\b/.test(body)) return "memory";
  if (/redis|setex|\.hset\(/i.test(body) || /["'](?:io)?redis["']/.test(text)) return "redis";
  if (/mongo|\bfindOneAndUpdate\b|\bmodel\b.*\bSchema\b/i.test(text)) return "documents";
  if (
    /prisma|knex|sequelize|typeorm|repository|\bSELECT\b|\bpool\.query\b|drizzle|\bdb\.(?:query|run|prepare)\b/i.test(
      text,
    )
  )
    return "database";
  if (/\b(?:db|DB|database)\.(?:get|set|put|remove|find\w*|insert|del)\b/.test(body))
    return "database";
  if (/\bfs[ep]?\b|writeFile|readFile|outputJson|readJson/.test(body)) return "files";
  for (const inner of nodesOf(node)) {
    if (ts.isNewExpression(inner) && /^(?:Map|LRU\w*|NodeCache)$/.test(inner.expression.getText()))
      return "memory";
  }
  return "custom";
}
