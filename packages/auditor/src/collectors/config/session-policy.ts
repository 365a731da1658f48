/**
 * A session policy beside the code: `session-policy.json`, or the same in YAML, with what was decided and why.
 * @module
 */
import type { Place, PolicyEvidence, PolicyValue } from "../../evidence.ts";
import type { Application } from "../application.ts";
import type { Tree } from "../tree.ts";
import { type ConfigNode, entriesOf, entryAt, nodeAt } from "./config-node.ts";
import { readYaml } from "./yaml-file.ts";

const FOLDERS = ["", "config/", "docs/"];
const NAMES = ["session-policy.json", "session-policy.yaml", "session-policy.yml"];

const KEYS = [
  "idleTimeoutSeconds",
  "absoluteTimeoutSeconds",
  "maximumSessionsPerAccount",
  "federation",
  "reasons",
] as const;
type Key = (typeof KEYS)[number];

/** @returns `undefined` if the application keeps no such file, in its own folder or in the repository's. */
export function sessionPolicy(tree: Tree, { root }: Application): PolicyEvidence | undefined {
  const own = root === "." ? "" : `${root}/`;
  for (const folder of new Set([own, ""])) {
    for (const file of FOLDERS.flatMap((part) => NAMES.map((name) => `${folder}${part}${name}`))) {
      if (tree.has(file)) return policyOf(readYaml(tree, file), { file, line: 1, column: 1 });
    }
  }
  return undefined;
}

function policyOf(node: ConfigNode | undefined, place: Place): PolicyEvidence {
  const faults = entriesOf(node)
    .map(([key]) => key)
    .filter((key) => key !== "$schema" && !(KEYS as readonly string[]).includes(key))
    .map((key) => `There is no key "${key}"; known are ${KEYS.join(", ")}.`);
  if (node?.kind !== "map") faults.push("The file holds no object.");

  const pick = <T>(
    key: Key,
    rule: string,
    is: (value: unknown) => value is T,
  ): PolicyValue<T> | undefined => {
    const entry = entryAt(node, key);
    if (entry === undefined) return undefined;
    const value = entry.node.kind === "scalar" ? entry.node.value : undefined;
    if (!is(value)) {
      faults.push(`"${key}" must be ${rule}.`);
      return undefined;
    }
    const reason = nodeAt(node, "reasons", key);
    const text = reason?.kind === "scalar" ? String(reason.value ?? "").trim() : "";
    return { value, place: entry.place, reason: text === "" ? undefined : text };
  };
  return {
    place,
    idleSeconds: pick("idleTimeoutSeconds", "a number of seconds", isSeconds),
    absoluteSeconds: pick("absoluteTimeoutSeconds", "a number of seconds", isSeconds),
    maximumSessions: pick(
      "maximumSessionsPerAccount",
      'a number of sessions, or "unlimited"',
      (value): value is number | "unlimited" => value === "unlimited" || isSeconds(value),
    ),
    federation: pick(
      "federation",
      "a sentence",
      (value): value is string => typeof value === "string" && value.trim() !== "",
    ),
    faults,
  };
}

function isSeconds(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}
