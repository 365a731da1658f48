/**
 * What keeps tokens of the application's own: a table, a document, Redis, or the memory of the process.
 * @module
 */
import ts from "typescript";
import type { Setting, StorageKind } from "../../../evidence.ts";
import { placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare } from "../../script/script-syntax.ts";
import { statementOf } from "../code/account-writes.ts";
import type { Kept } from "../code/own-cookie-store.ts";
import { settingSet, settingUnknown } from "./setting.ts";
import { storeOf } from "./stores.ts";

/** Packages that reach a store, by what it is. */
const CLIENTS: readonly { readonly kind: StorageKind; readonly names: readonly string[] }[] = [
  {
    kind: "database",
    names: [
      "sequelize",
      "typeorm",
      "@prisma/client",
      "prisma",
      "knex",
      "kysely",
      "drizzle-orm",
      "objection",
      "pg",
      "mysql",
      "mysql2",
      "sqlite3",
      "better-sqlite3",
      "@mikro-orm/core",
      "postgres",
    ],
  },
  { kind: "documents", names: ["mongoose", "mongodb", "monk", "mongojs", "@typegoose/typegoose"] },
  { kind: "redis", names: ["redis", "ioredis"] },
];

export function storageOfKept(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  { node, owner }: Kept,
): Setting<StorageKind> {
  const place = placeOf(node);
  if (owner === undefined) return settingSet("memory", place);
  let root = bare(owner);
  for (let depth = 0; depth < 12; depth += 1) {
    const value = project.evaluator.evaluate(root);
    if (value.kind === "call" || value.kind === "external") {
      if (value.module === "global" && /^(?:Map|WeakMap|Set)$/.test(value.path[0] ?? "")) {
        return settingSet("memory", place);
      }
      const found = storeOf(project, value, { value: "custom", of: "", place });
      if (found.storage.value !== "custom" && found.storage.value !== undefined) {
        return settingSet(found.storage.value, place);
      }
    }
    if (ts.isPropertyAccessExpression(root) || ts.isCallExpression(root))
      root = bare(root.expression);
    else break;
  }
  const isStatement =
    ts.isCallExpression(node) && /^\W*(?:insert|update|replace)\b/i.test(statementOf(node));
  if (isStatement) return settingSet("database", place);
  const there = CLIENTS.filter(({ names }) => names.some((name) => versions[name] !== undefined));
  const byOwner = there.find(
    ({ kind }) => kind === "redis" && /redis|cache/i.test(owner.getText()),
  );
  const others = there.filter(({ kind }) => kind !== "redis");
  const [only] = byOwner === undefined ? others : [byOwner];
  return only !== undefined && (byOwner !== undefined || others.length === 1)
    ? settingSet(only.kind, place)
    : settingUnknown("What keeps the tokens is not followed.", place);
}
