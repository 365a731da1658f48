/**
 * Configuration files of the `config` package and of workspaces' own like it: `config/default.*` with `config/production.*` on top, and the
 * variables that `custom-environment-variables.*` lets override them.
 * @module
 */
import { posix } from "node:path";
import type ts from "typescript";
import type { Place } from "../../evidence.ts";
import type { ConfigNode } from "../config/config-node.ts";
import { readYaml } from "../config/yaml-file.ts";
import type { Evaluator } from "./evaluation.ts";
import { parseScript } from "./script-file.ts";
import {
  literal,
  mergedDeep,
  type ObjectValue,
  shipped,
  unknown,
  type Value,
} from "./script-value.ts";

const ENDINGS = ["json", "json5", "js", "cjs", "mjs", "ts", "yaml", "yml"];

/** Everything the configuration files say for production; `undefined` if there are none. */
export function settingsOf(evaluator: Evaluator, root: string): ObjectValue | undefined {
  let settings: ObjectValue | undefined;
  for (const name of [
    "settings.defaults",
    "default",
    "settings.production",
    "production",
    "local",
    "local-production",
  ]) {
    const value = settingsFile(evaluator, root, name);
    if (value === undefined) continue;
    settings = settings === undefined ? value : mergedDeep(settings, value);
  }
  const variables = settingsFile(evaluator, root, "custom-environment-variables");
  if (settings === undefined || variables === undefined) return settings;
  return overridden(settings, variables, evaluator);
}

function settingsFile(evaluator: Evaluator, root: string, name: string): ObjectValue | undefined {
  const { tree } = evaluator.surroundings;
  for (const ending of ENDINGS) {
    const file = posix.normalize(posix.join(root, "config", `${name}.${ending}`));
    if (!tree.has(file)) continue;
    const value = /ya?ml$/.test(ending) ? yamlValue(evaluator, file) : scriptValue(evaluator, file);
    const effective = value && shipped(value);
    if (effective?.kind === "object") return effective;
  }
  return undefined;
}

function scriptValue(evaluator: Evaluator, file: string): Value | undefined {
  const { tree } = evaluator.surroundings;
  // Any node of the tree serves as the place to blame if the file has none itself.
  const node: ts.Node | undefined = file.endsWith(".json5") ? undefined : parseScript(tree, file);
  return node && evaluator.fileValue(file, "default", node);
}

function yamlValue(evaluator: Evaluator, file: string): Value | undefined {
  const node = readYaml(evaluator.surroundings.tree, file);
  return node && settingsValue(node);
}

function settingsValue(node: ConfigNode): Value {
  const { place } = node;
  switch (node.kind) {
    case "scalar":
      return literal(node.value, place);
    case "list":
      return { kind: "array", items: node.items.map(settingsValue), place };
    case "map": {
      const entries = [...node.entries].map(
        ([key, entry]) => [key, settingsValue(entry.node)] as const,
      );
      return { kind: "object", properties: new Map(entries), isOpen: false, place };
    }
    default:
      return unknown("is nothing that can be followed", place);
  }
}

function overridden(
  settings: ObjectValue,
  variables: ObjectValue,
  evaluator: Evaluator,
): ObjectValue {
  const properties = new Map(settings.properties);
  for (const [name, variable] of variables.properties) {
    const own = properties.get(name);
    if (variable.kind === "object") {
      const format = variable.properties.get("__name");
      const variableName = format?.kind === "literal" ? format.value : undefined;
      if (typeof variableName === "string") {
        properties.set(name, variableValue(variableName, own, variable.place, evaluator));
      } else if (own === undefined || own.kind === "object") {
        const base: ObjectValue = own ?? { ...variable, properties: new Map() };
        properties.set(name, overridden(base, variable, evaluator));
      }
    } else if (variable.kind === "literal" && typeof variable.value === "string") {
      properties.set(name, variableValue(variable.value, own, variable.place, evaluator));
    }
  }
  return { ...settings, properties };
}

function variableValue(
  name: string,
  own: Value | undefined,
  place: Place,
  evaluator: Evaluator,
): Value {
  const set = evaluator.surroundings.environment.get(name);
  if (set !== undefined) return literal(set.value, set.place);
  return { kind: "environment", name, place, ...(own && { fallback: own }) };
}
