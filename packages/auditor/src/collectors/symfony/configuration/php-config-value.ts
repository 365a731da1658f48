/**
 * Values of PHP configuration files as nodes of configuration: arrays, literals, and the functions that stand
 * for parameters, variables and services.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import {
  type ConfigEntry,
  type ConfigNode,
  mapNode,
  mergeNodes,
  type Scalar,
  scalarNode,
} from "../../config/config-node.ts";
import {
  child,
  children,
  nameOf,
  type PhpFile,
  type PhpNode,
  placeOf,
} from "../../php/php-file.ts";
import { resolveClass } from "../../php/php-names.ts";

const MAX_DEPTH = 60;

/** What the file's own variables hold. */
export type Variables = ReadonlyMap<string, ConfigNode>;

export function configValue(
  file: PhpFile,
  node: PhpNode | undefined,
  variables: Variables,
  depth = 0,
): ConfigNode {
  if (node === undefined) return scalarNode(null, { file: file.file, line: 1, column: 1 });
  const place = placeOf(file, node);
  const unknown: ConfigNode = { kind: "unknown", text: shortTextOf(file, node), place };
  if (depth > MAX_DEPTH) return unknown;
  const below = (inner: PhpNode | undefined): ConfigNode =>
    configValue(file, inner, variables, depth + 1);
  switch (node.kind) {
    case "string":
    case "nowdoc":
    case "boolean":
      return scalarNode(node.value as Scalar, place);
    case "number":
      return scalarNode(numberOf(node.value), place);
    case "nullkeyword":
      return scalarNode(null, place);
    case "array":
      return arrayOf(file, node, place, below);
    case "variable":
      return variables.get(nameOf(node) ?? "") ?? unknown;
    case "parenthesis":
      return below(child(node, "inner"));
    case "unary": {
      const inner = below(child(node, "what"));
      const isNumber = inner.kind === "scalar" && typeof inner.value === "number";
      return isNumber && node.type === "-" ? scalarNode(-Number(inner.value), place) : unknown;
    }
    case "bin":
      return binary(node, place, below) ?? unknown;
    case "magic":
      // What a path begins with does not matter; that it is a path does.
      return scalarNode(nameOf(node) ?? String(node.value ?? ""), place);
    case "staticlookup": {
      const on = child(node, "what");
      const member = nameOf(child(node, "offset")) ?? "";
      const name = on === undefined ? undefined : resolveClass(file, on);
      if (name === undefined) return unknown;
      if (member === "class") return scalarNode(name, place);
      // By its name, as `!php/const` gives it in YAML.
      return member.startsWith("SAMESITE_") ? scalarNode(`${name}::${member}`, place) : unknown;
    }
    case "name":
      return constant(nameOf(node) ?? "", place) ?? unknown;
    case "call":
      return callOf(node, place, below) ?? unknown;
    default:
      return unknown;
  }
}

/** Enough of it to see what it depends on. */
function shortTextOf({ text }: PhpFile, node: PhpNode): string {
  const start = node.loc?.start.offset ?? 0;
  return text.slice(start, Math.min(node.loc?.end.offset ?? start, start + 200));
}

/** `parameter()`-like calls: `env("X")->bool()` is `%env(bool:X)%`, `service("x")` is `@x`. */
function callOf(
  node: PhpNode,
  place: Place,
  below: (node: PhpNode | undefined) => ConfigNode,
): ConfigNode | undefined {
  const what = child(node, "what");
  const given = children(node, "arguments");
  const text = (index: number): string | undefined => {
    const value = given[index] === undefined ? undefined : below(given[index]);
    return value?.kind === "scalar" && value.value !== null ? String(value.value) : undefined;
  };
  if (what?.kind === "name") {
    const first = text(0);
    if (first === undefined) return undefined;
    switch (nameOf(what)?.replace(/^.*\\/, "").toLowerCase()) {
      case "env":
        return scalarNode(`%env(${first})%`, place);
      case "param":
        return scalarNode(`%${first}%`, place);
      case "service":
        return scalarNode(`@${first}`, place);
      case "expr":
        return scalarNode(`@=${first}`, place);
    }
    return undefined;
  }
  if (what?.kind !== "propertylookup") return undefined;
  const on = below(child(what, "what"));
  const env = on.kind === "scalar" ? /^%env\((.*)\)%$/.exec(String(on.value))?.[1] : undefined;
  if (env === undefined) return undefined;
  const processor = snakeCase(nameOf(child(what, "offset")) ?? "");
  const argument = text(0);
  if (processor === "__to_string") return on;
  const prefix = argument === undefined ? processor : `${processor}:${argument}`;
  return scalarNode(`%env(${prefix}:${env})%`, place);
}

function arrayOf(
  file: PhpFile,
  node: PhpNode,
  place: Place,
  below: (node: PhpNode | undefined) => ConfigNode,
): ConfigNode {
  const items: ConfigNode[] = [];
  let map: ConfigNode | undefined;
  for (const item of children(node, "items")) {
    const isSpread = item.kind === "variadic" || item.unpack === true;
    const inner = item.kind === "entry" ? child(item, "value") : item;
    const value = below(item.kind === "variadic" ? child(item, "what") : inner);
    if (isSpread) {
      if (value.kind === "map") map = map === undefined ? value : mergeNodes(map, value);
      if (value.kind === "list") items.push(...value.items);
      continue;
    }
    const key = item.kind === "entry" ? child(item, "key") : undefined;
    const name = key === undefined ? undefined : below(key);
    if (name?.kind !== "scalar" || name.value === null || inner === undefined) {
      items.push(value);
      continue;
    }
    const { span } = value.place;
    const { span: _, ...at } = placeOf(file, key as PhpNode);
    const entry: ConfigEntry = { place: span === undefined ? at : { ...at, span }, node: value };
    const single = mapNode([[String(name.value), entry]], place);
    map = map === undefined ? single : mergeNodes(map, single);
  }
  if (map?.kind !== "map") return { kind: "list", items, place };
  const rest = items.map((item, index): [string, ConfigEntry] => [
    String(index),
    { place: item.place, node: item },
  ]);
  return mapNode([...map.entries, ...rest], place);
}

function binary(
  node: PhpNode,
  place: Place,
  below: (node: PhpNode | undefined) => ConfigNode,
): ConfigNode | undefined {
  const left = below(child(node, "left"));
  const right = below(child(node, "right"));
  if (left.kind !== "scalar" || right.kind !== "scalar") return undefined;
  if (node.type === ".") {
    return scalarNode(`${left.value ?? ""}${right.value ?? ""}`, place);
  }
  const [a, b] = [Number(left.value), Number(right.value)];
  if (node.type === "*") return scalarNode(a * b, place);
  if (node.type === "+") return scalarNode(a + b, place);
  if (node.type === "-") return scalarNode(a - b, place);
  return undefined;
}

/** Constants that configuration of sessions is written with, by short name. */
const CONSTANTS: Readonly<Record<string, Scalar>> = {
  true: true,
  false: false,
  null: null,
  DIRECTORY_SEPARATOR: "/",
};

function constant(name: string, place: Place): ConfigNode | undefined {
  const short = name.replace(/^.*\\/, "");
  const value = CONSTANTS[short] ?? CONSTANTS[short.toLowerCase()];
  return value === undefined ? undefined : scalarNode(value, place);
}

function numberOf(value: unknown): number {
  const text = String(value).replaceAll("_", "");
  return /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
}

/** `cookieSecure` as configuration has it: `cookie_secure`. */
export function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])([A-Z])/g, "_$1").toLowerCase();
}
