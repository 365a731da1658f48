/**
 * The application's own configuration: PHP arrays, INI, YAML and JSON files, and how code reaches into them.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import type { ConfigNode } from "../../config/config-node.ts";
import { readYaml } from "../../config/yaml-file.ts";
import { readIni } from "../../php/ini-file.ts";
import type { PhpCode } from "../../php/php-code.ts";
import { child, children, nameOf, type PhpFile, type PhpNode } from "../../php/php-file.ts";
import { evaluate, type PhpResolver, type PhpScalar, type PhpValue } from "../../php/php-value.ts";
import { functionOf, indexPhp } from "../../php/php-walk.ts";
import type { Tree } from "../../tree.ts";
import { configClasses } from "./config-classes.ts";

export interface PhalconConfig {
  readonly files: readonly { readonly file: string; readonly value: PhpValue }[];
  /** By its path, or by the end of it if that is unique. */
  lookUp(path: readonly string[]): PhpValue | undefined;
}

const TEMPLATE =
  /(\.(dist|example|sample|default|tpl|bak)(\.|$))|([._-](example|sample|dist)[._-]?)/i;
const NOT_PRODUCTION =
  /(^|[/._-])(dev|devel|development|tests?|testing|local|staging|stage|ci)([/._-]|$)/i;
const PRODUCTION = /(^|[/._-])(prod|production|live)([/._-]|$)/i;

function isConfigurationOfProduction(file: string): boolean {
  return !TEMPLATE.test(file) && !NOT_PRODUCTION.test(file);
}

export function readConfig(tree: Tree, files: readonly string[], code: PhpCode): PhalconConfig {
  const found: { file: string; value: PhpValue }[] = [];
  for (const file of code.files) {
    if (!isConfigurationOfProduction(file.file)) continue;
    for (const node of configArrays(file)) {
      const value = evaluate(code, file, node);
      if (value.kind === "array" && value.entries.size > 0) found.push({ file: file.file, value });
    }
    for (const value of configClasses(code, file)) found.push({ file: file.file, value });
  }
  for (const file of files) {
    if (!/config|settings|parameters|services/i.test(file) || !isConfigurationOfProduction(file))
      continue;
    const value = /\.ini$/i.test(file)
      ? iniValue(file, tree.read(file) ?? "")
      : /\.(ya?ml|json)$/i.test(file) && !/(composer|package)(-lock)?\.json$/.test(file)
        ? yamlValue(readYaml(tree, file))
        : undefined;
    if (value?.kind === "array") found.push({ file, value });
  }
  // What production names as its own comes first.
  const ordered = [
    ...found.filter(({ file }) => PRODUCTION.test(file)),
    ...found.filter(({ file }) => !PRODUCTION.test(file)),
  ];
  return { files: ordered, lookUp: (path) => lookUp(ordered, path) };
}

/** Arrays that a file returns, or makes a Config of, outside functions. */
function configArrays(file: PhpFile): readonly PhpNode[] {
  const statements = topStatements(file.program);
  return statements.flatMap((statement) => {
    const expression =
      statement.kind === "return"
        ? child(statement, "expr")
        : statement.kind === "expressionstatement"
          ? child(child(statement, "expression"), "right")
          : undefined;
    const isConfig = /conf|setting|param|env/i.test(file.file) || expression?.kind === "new";
    return isConfig ? (arrayIn(expression) ?? []) : [];
  });
}

function topStatements(program: PhpNode): readonly PhpNode[] {
  return children(program, "children").flatMap((statement) =>
    statement.kind === "namespace" ? children(statement, "children") : [statement],
  );
}

/** The array itself, or the one that is handed to `new Config(…)`. */
function arrayIn(node: PhpNode | undefined): PhpNode | undefined {
  if (node?.kind === "array") return node;
  if (node?.kind !== "new" || !/config/i.test(nameOf(child(node, "what")) ?? "")) return undefined;
  return arrayIn(children(node, "arguments")[0]);
}

function lookUp(
  roots: readonly { readonly file: string; readonly value: PhpValue }[],
  path: readonly string[],
): PhpValue | undefined {
  if (path.length === 0) return undefined;
  for (const { value } of roots) {
    const found = entryAt(value, path);
    if (found !== undefined) return found;
  }
  // A file for each part, which goes by the file's name.
  const [part, ...rest] = path;
  for (const { file, value } of roots) {
    const name = file.replace(/^.*\//, "").replace(/\..*$/, "");
    const found = name === part && rest.length > 0 ? entryAt(value, rest) : undefined;
    if (found !== undefined) return found;
  }
  const ends = roots.flatMap(({ value }) => endsWith(value, path, 0));
  return ends.length === 1 ? ends[0] : undefined;
}

function entryAt(value: PhpValue, path: readonly string[]): PhpValue | undefined {
  let at: PhpValue | undefined = value;
  for (const key of path) at = at?.kind === "array" ? at.entries.get(key) : undefined;
  return at;
}

function endsWith(value: PhpValue, path: readonly string[], depth: number): readonly PhpValue[] {
  if (value.kind !== "array" || depth > 8) return [];
  return [...value.entries.values()].flatMap((below) => {
    const found = entryAt(below, path);
    return [...(found === undefined ? [] : [found]), ...endsWith(below, path, depth + 1)];
  });
}

function iniValue(file: string, text: string): PhpValue {
  const root = new Map<string, PhpValue>();
  const start: Place = { file, line: 1, column: 1 };
  for (const entry of readIni(file, text)) {
    const path = [...(entry.section === "" ? [] : [entry.section]), ...entry.key.split(".")];
    let at = root;
    for (const key of path.slice(0, -1)) {
      const below = at.get(key);
      if (below?.kind === "array") at = below.entries as Map<string, PhpValue>;
      else {
        const entries = new Map<string, PhpValue>();
        at.set(key, { kind: "array", entries, isComplete: true, place: entry.place });
        at = entries;
      }
    }
    at.set(path.at(-1) ?? "", {
      kind: "known",
      value: iniScalar(entry.value, entry.isQuoted),
      place: entry.place,
    });
  }
  return { kind: "array", entries: root, isComplete: true, place: start };
}

/** As `parse_ini_file` with typed scanning, which Phalcon's reader uses. */
function iniScalar(written: string, isQuoted: boolean): PhpScalar {
  if (isQuoted) return written;
  const word = written.trim().toLowerCase();
  if (["on", "yes", "true"].includes(word)) return true;
  if (["off", "no", "false", "none"].includes(word)) return false;
  if (word === "null") return null;
  return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : written;
}

function yamlValue(node: ConfigNode | undefined): PhpValue | undefined {
  switch (node?.kind) {
    case "scalar":
      return { kind: "known", value: node.value, place: node.place };
    case "map":
      return arrayOf(
        [...node.entries].map(([key, entry]) => [key, entry.node]),
        node.place,
      );
    case "list":
      return arrayOf(
        node.items.map((item, index) => [String(index), item]),
        node.place,
      );
    case "unknown":
      return { kind: "unknown", why: "is no plain value", place: node.place };
    default:
      return undefined;
  }
}

function arrayOf(items: readonly (readonly [string, ConfigNode])[], place: Place): PhpValue {
  const entries = new Map(
    items.flatMap(([key, node]) => {
      const value = yamlValue(node);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  return { kind: "array", entries, isComplete: true, place };
}

/** `$config->session->name`, `$this->config->path("session.name")`, `$di->get("config")["session"]`. */
export function configResolver(config: PhalconConfig): PhpResolver {
  return (file, node) => {
    const path = configPath(file, node, 0);
    return path === undefined || path.length === 0 ? undefined : config.lookUp(path);
  };
}

const CONFIG_NAME = /^_?(app|application|global|di)?_?(config|configuration|settings|conf)$/i;

/** The keys by which an expression reaches into the configuration; `[]` for all of it. */
function configPath(file: PhpFile, node: PhpNode, depth: number): readonly string[] | undefined {
  if (depth > 12) return undefined;
  const below = child(node, "what");
  const offset = child(node, "offset");
  switch (node.kind) {
    case "variable":
      return variablePath(file, node, depth);
    case "propertylookup":
    case "nullsafepropertylookup": {
      const name = offset?.kind === "identifier" ? nameOf(offset) : undefined;
      if (name === undefined || below === undefined) return undefined;
      const above = configPath(file, below, depth + 1);
      return above !== undefined ? [...above, name] : CONFIG_NAME.test(name) ? [] : undefined;
    }
    case "offsetlookup": {
      const key = offset?.value;
      if (typeof key !== "string" || below === undefined) return undefined;
      const above = configPath(file, below, depth + 1);
      return above !== undefined ? [...above, key] : key === "config" ? [] : undefined;
    }
    case "cast":
    case "silent": {
      const inner = child(node, "expr");
      return node.kind === "silent" && inner !== undefined
        ? configPath(file, inner, depth + 1)
        : undefined;
    }
    case "call":
      return callPath(file, node, depth);
    default:
      return undefined;
  }
}

/** A variable that holds a part of the configuration, or all of it by its name. */
function variablePath(file: PhpFile, node: PhpNode, depth: number): readonly string[] | undefined {
  const name = nameOf(node) ?? "";
  const scope = functionOf(file, node);
  const assigned = indexPhp(file)
    .assignmentsTo(name)
    .filter((each) => child(each, "left")?.kind === "variable" && functionOf(file, each) === scope);
  const right = assigned.length === 1 ? child(assigned[0], "right") : undefined;
  const path = right === undefined ? undefined : configPath(file, right, depth + 1);
  return path ?? (CONFIG_NAME.test(name) ? [] : undefined);
}

function callPath(file: PhpFile, node: PhpNode, depth: number): readonly string[] | undefined {
  const what = child(node, "what");
  const [first] = children(node, "arguments");
  const key = first?.kind === "string" ? String(first.value) : undefined;
  if (what?.kind === "name") {
    // `container("config")` is all of it, `config("session.name")` a part.
    const name = nameOf(what)?.replace(/^.*\\/, "");
    if (key === "config") return [];
    return name === "config" && key !== undefined ? key.split(".") : undefined;
  }
  const method = nameOf(child(what, "offset"))?.toLowerCase();
  const target = child(what, "what");
  if (target === undefined) return undefined;
  if (method === "getconfig") return [];
  const above = configPath(file, target, depth + 1);
  if (above === undefined) {
    return (method === "get" || method === "getshared") && key === "config" ? [] : undefined;
  }
  if (method === "toarray") return above;
  if (key === undefined) return undefined;
  if (method === "path") return [...above, ...key.split(".")];
  return method === "get" || method === "offsetget" ? [...above, key] : undefined;
}
