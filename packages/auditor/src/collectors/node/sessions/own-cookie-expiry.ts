/**
 * Whether tokens that the application keeps come to an end, and after how long.
 * @module
 */
import ts from "typescript";
import type { IdleEvidence } from "../../../evidence.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import { bare, calleeName, propertyName } from "../../script/script-syntax.ts";
import { property, shipped, type Value } from "../../script/script-value.ts";
import { statementOf } from "../code/account-writes.ts";
import { isOrder } from "../code/in-use.ts";
import type { OwnCookie } from "../code/own-cookie.ts";
import type { Kept } from "../code/own-cookie-store.ts";
import { reachedFrom } from "../code/own-cookie-targets.ts";
import { byDefault, settingSet, settingUnknown } from "./setting.ts";

const EXPIRY = /expir\w*|valid_?until|ends?_?at|idle_?at|last_?(?:seen|used|activity)|created_?at/i;
const NOW = /Date\.now\(\)|new Date\(\)|\bnow\b|moment\(\)|dayjs\(\)/i;

export function keptExpiry(cookie: OwnCookie, kept: Kept): IdleEvidence {
  const { project, guards } = cookie;
  const ttl = ttlOf(cookie, kept);
  if (ttl !== undefined) return ttl;
  for (const guard of guards) {
    for (const node of reachedFrom(project, guard)) {
      if (isCompared(node)) return { seconds: spanOf(cookie, kept, node), keptBy: "application" };
    }
  }
  const place = placeOf(kept.node);
  const of = "the application, which keeps tokens without an end";
  return { seconds: byDefault<number | "never">({ value: "never", of, place }), keptBy: "nobody" };
}

/** `session.expiresAt < now`, `{ expiresAt: { $gt: new Date() } }`, `… WHERE expires_at > now()`. */
function isCompared(node: ts.Node): boolean {
  if (isOrder(node)) {
    const text = node.getText();
    return EXPIRY.test(text) && (NOW.test(text) || /getTime|idle|age/i.test(text));
  }
  if (ts.isPropertyAssignment(node) && EXPIRY.test(propertyName(node.name) ?? "")) {
    const text = node.initializer.getText();
    return /\$?\bgte?\b|MoreThan|Op\.gt/.test(text) && NOW.test(text);
  }
  if (!ts.isCallExpression(node)) return false;
  const name = calleeName(node) ?? "";
  if (/^(?:gte?|isAfter|isBefore|isPast)$/.test(name)) return EXPIRY.test(node.getText());
  const statement = statementOf(node);
  return /\bselect\b[\s\S]*\bwhere\b/i.test(statement) && /\bexpir\w*\W*\s*>/i.test(statement);
}

/** `redis.set(key, value, { EX: 3600 })`, `redis.setex(key, 3600, value)`. */
function ttlOf({ project }: OwnCookie, { node }: Kept): IdleEvidence | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const name = calleeName(node) ?? "";
  const given = node.arguments;
  const literalAt = (value: Value | undefined): number | undefined => {
    const effective = value && shipped(value);
    return effective?.kind === "literal" && typeof effective.value === "number"
      ? effective.value
      : undefined;
  };
  const evaluated = (index: number): Value | undefined => {
    const one = given[index];
    return one && project.evaluator.evaluate(one);
  };
  const isWithWord = /^["'](?:EX|PX)["']$/i.test(given[2]?.getText() ?? "");
  const options = evaluated(2);
  let value: Value | undefined;
  let unitMs = 1000;
  if (/^setex$/i.test(name)) value = evaluated(1);
  else if (name === "set" && isWithWord) {
    value = evaluated(3);
    if (/PX/i.test(given[2]?.getText() ?? "")) unitMs = 1;
  } else if (name === "set" && options !== undefined && shipped(options).kind === "object") {
    const found = (["EX", "ex", "PX", "px", "ttl"] as const).find((key) => {
      const one = property(options, key);
      return one.kind !== "literal" || one.value !== undefined;
    });
    if (found !== undefined) value = property(options, found);
    if (/^px$/i.test(found ?? "")) unitMs = 1;
  }
  if (value === undefined) return undefined;
  const seconds = literalAt(value);
  return {
    seconds:
      seconds === undefined
        ? settingUnknown("is made by code that is not followed", value.place)
        : settingSet<number | "never">((seconds * unitMs) / 1000, value.place),
    keptBy: "application",
  };
}

/** What is kept as the end, if it is now and a span that can be followed. */
function spanOf({ project }: OwnCookie, { node }: Kept, check: ts.Node): IdleEvidence["seconds"] {
  const why = `${textOf(check)} compares an expiry that the application keeps; what it is set to is to be seen there`;
  const list = ts.isCallExpression(node) || ts.isNewExpression(node) ? (node.arguments ?? []) : [];
  for (const argument of list) {
    for (const { name, value } of entriesOf(argument)) {
      if (!/expir|valid_?until|ends?_?at/i.test(name)) continue;
      let made = bare(value);
      const [first] = ts.isNewExpression(made) ? (made.arguments ?? []) : [];
      if (first !== undefined) made = bare(first);
      if (!ts.isBinaryExpression(made)) continue;
      const span = NOW.test(made.left.getText()) ? made.right : made.left;
      const amount = shipped(project.evaluator.evaluate(span));
      if (amount.kind === "literal" && typeof amount.value === "number") {
        return settingSet<number | "never">(amount.value / 1000, placeOf(made));
      }
    }
  }
  return settingUnknown(why, placeOf(check));
}

function entriesOf(node: ts.Expression): readonly { name: string; value: ts.Expression }[] {
  const object = bare(node);
  if (!ts.isObjectLiteralExpression(object)) return [];
  return object.properties.flatMap((item) => {
    const name = propertyName(item.name);
    if (name === undefined || !ts.isPropertyAssignment(item)) return [];
    const inner = name === "data" ? entriesOf(item.initializer) : [];
    return inner.length > 0 ? inner : [{ name, value: item.initializer }];
  });
}
