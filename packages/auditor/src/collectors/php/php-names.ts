/**
 * Class names as PHP resolves them: by namespace, use statements, `self`, `static` and `parent`.
 * @module
 */
import { child, children, nameOf, type PhpFile, type PhpNode } from "./php-file.ts";
import { namespaceOf, nearestAbove } from "./php-tree.ts";

export const CLASS_KINDS: ReadonlySet<string> = new Set(["class", "trait", "interface", "enum"]);
const NAMESPACE: ReadonlySet<string> = new Set(["namespace"]);

const imports = new WeakMap<PhpNode, ReadonlyMap<string, string>>();

/** @returns The full name without leading `\`; `undefined` if the expression is no name. */
export function resolveClass(file: PhpFile, node: PhpNode): string | undefined {
  switch (node.kind) {
    case "selfreference":
    case "staticreference":
      return enclosingClass(node);
    case "parentreference":
      return enclosingParent(file, node);
    case "name":
    case "identifier": {
      const name = nameOf(node);
      return name === undefined ? undefined : resolveClassName(file, name, node);
    }
    default:
      return undefined;
  }
}

/** @param at A node in the namespace that the name is used in. */
export function resolveClassName(file: PhpFile, name: string, at: PhpNode): string | undefined {
  if (name.startsWith("\\")) return name.slice(1);
  switch (name.toLowerCase()) {
    case "self":
    case "static":
      return enclosingClass(at);
    case "parent":
      return enclosingParent(file, at);
  }
  const scope = nearestAbove(at, NAMESPACE) ?? file.program;
  const [head = name, ...rest] = name.split("\\");
  const imported = importsOf(scope).get(head.toLowerCase());
  if (imported !== undefined) return [imported, ...rest].join("\\");
  const namespace = scope.kind === "namespace" ? (nameOf(scope) ?? "") : "";
  return namespace === "" ? name : `${namespace}\\${name}`;
}

/** The full name of a class, trait, interface or enum; `undefined` if it is anonymous. */
export function declaredName(declaring: PhpNode): string | undefined {
  const name = nameOf(declaring);
  const namespace = namespaceOf(declaring);
  return name === undefined || namespace === "" ? name : `${namespace}\\${name}`;
}

function enclosingClass(node: PhpNode): string | undefined {
  const declaring = nearestAbove(node, CLASS_KINDS);
  return declaring === undefined ? undefined : declaredName(declaring);
}

function enclosingParent(file: PhpFile, node: PhpNode): string | undefined {
  const extended = child(nearestAbove(node, CLASS_KINDS), "extends");
  return extended === undefined ? undefined : resolveClass(file, extended);
}

/** Aliases of a namespace's use statements, in lower case. */
function importsOf(scope: PhpNode): ReadonlyMap<string, string> {
  const known = imports.get(scope);
  if (known !== undefined) return known;
  const aliases = new Map<string, string>();
  for (const group of children(scope, "children")) {
    if (group.kind !== "usegroup" || typeof group.type === "string") continue;
    const prefix = nameOf(group);
    for (const item of children(group, "items")) {
      if (typeof item.type === "string") continue;
      const short = nameOf(item);
      if (short === undefined) continue;
      const full = (prefix === undefined ? short : `${prefix}\\${short}`).replace(/^\\/, "");
      const alias = nameOf(child(item, "alias")) ?? full.replace(/^.*\\/, "");
      aliases.set(alias.toLowerCase(), full);
    }
  }
  imports.set(scope, aliases);
  return aliases;
}
