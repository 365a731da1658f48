/**
 * The few library functions that configuration is made with: paths, merging, spans of time, conversions.
 * @module
 */
import { posix } from "node:path";
import type ts from "typescript";
import { checkedEnvironment } from "./checked-environment.ts";
import { durationMs } from "./duration.ts";
import type { Evaluator, Frame } from "./evaluation.ts";
import { placeOf, textOf } from "./script-file.ts";
import {
  defaulted,
  literal,
  merged,
  mergedDeep,
  type ObjectValue,
  shipped,
  type Value,
} from "./script-value.ts";

type Call = ts.CallExpression | ts.NewExpression;

export function libraryCall(
  evaluator: Evaluator,
  node: Call,
  module: string,
  path: readonly string[],
  frame: Frame,
): Value | undefined {
  const place = placeOf(node);
  const values = (): Value[] => (node.arguments ?? []).map((one) => evaluator.evaluate(one, frame));
  const name = path.at(-1) ?? "";
  const whole = `${module}:${path.join(".")}`;
  if (module === "path" || module === "upath") return pathCall(name, values(), place);
  if (whole === "global:process.cwd" || whole === "process:cwd") {
    const { root } = evaluator.surroundings;
    return literal(root === "." ? "/" : `/${root}`, place);
  }
  if (whole === "global:Object.freeze" || /^(?:deep-?freeze\b|deepmerge-freeze$)/.test(module)) {
    return values()[0];
  }
  if (
    whole === "global:Object.assign" ||
    /^(?:lodash|underscore|lodash\.\w+):?/.test(whole) ||
    module === "deepmerge" ||
    module === "defu" ||
    module === "xtend"
  ) {
    return mergeCall(module, name, values());
  }
  if (module === "ms" || module === "parse-duration") {
    const value = values()[0];
    const effective = value && shipped(value);
    if (effective?.kind !== "literal") return value;
    const converted = durationMs(effective.value);
    return converted === undefined
      ? undefined
      : literal(converted, effective.place, { written: textOf(node) });
  }
  const conversion = module === "global" ? CONVERSIONS.get(path.join(".")) : undefined;
  if (conversion !== undefined) {
    const [value] = values();
    if (value === undefined) return undefined;
    const effective = shipped(value);
    if (effective.kind === "environment" && path[0] === "Boolean") {
      return literal(false, place, { unset: effective.name });
    }
    if (effective.kind !== "literal") return value;
    if (path[0] === "Number" && effective.value === undefined) return undefined;
    return { ...effective, value: conversion(effective.value) };
  }
  if (whole === "global:Buffer.from") return values()[0];
  return checkedEnvironment(evaluator, node, frame);
}

const CONVERSIONS: ReadonlyMap<string, (value: unknown) => string | number | boolean> = new Map<
  string,
  (value: unknown) => string | number | boolean
>([
  ["Number", Number],
  ["Number.parseInt", (value) => Number.parseInt(String(value), 10)],
  ["parseInt", (value) => Number.parseInt(String(value), 10)],
  ["parseFloat", (value) => Number.parseFloat(String(value))],
  ["Boolean", Boolean],
  ["String", String],
  ["JSON.parse", (value) => (value === "true" ? true : value === "false" ? false : String(value))],
]);

function pathCall(
  name: string,
  values: readonly Value[],
  place: Value["place"],
): Value | undefined {
  if (name !== "join" && name !== "resolve" && name !== "normalize") return undefined;
  const parts: string[] = [];
  for (const value of values) {
    const effective = shipped(value);
    if (effective.kind !== "literal" || typeof effective.value !== "string") return undefined;
    parts.push(effective.value);
  }
  // The tree's root is "/" here; a working directory that is not written is the application's own.
  return literal(posix.join(...(parts.length === 0 ? ["."] : parts)), place);
}

function mergeCall(module: string, name: string, values: readonly Value[]): Value | undefined {
  const [first, ...rest] = values;
  if (first === undefined) return undefined;
  const base = shipped(first);
  if (base.kind !== "object") return undefined;
  const isDefault = /^defaults/.test(name) || module === "defu";
  const isDeep = name === "merge" || name === "mergeWith" || module === "deepmerge";
  const isMerge =
    isDefault || isDeep || /^(?:assign|extend|assignIn)$/.test(name) || module === "xtend";
  if (!isMerge) return undefined;
  return rest.reduce<ObjectValue>((object, over) => {
    if (isDefault) return defaulted(object, over);
    return isDeep ? mergedDeep(object, over) : merged(object, over);
  }, base);
}
