/**
 * Configuration that is a class of the application's own: `$this->lifetime = 3600` in its constructor, or the
 * defaults of its properties.
 * @module
 */
import type { PhpCode } from "../../php/php-code.ts";
import {
  child,
  children,
  nameOf,
  type PhpFile,
  type PhpNode,
  placeOf,
} from "../../php/php-file.ts";
import { evaluate, type PhpValue } from "../../php/php-value.ts";
import { ancestorsOf, indexPhp, isInside, type PhpClass } from "../../php/php-walk.ts";

const CONFIG_CLASS = /(^|\\)(app|application|global|site|main)?_?(config|configuration|settings)$/i;

export function configClasses(code: PhpCode, file: PhpFile): readonly PhpValue[] {
  return indexPhp(file).classes.flatMap((each): readonly PhpValue[] => {
    if (each.name === undefined || !CONFIG_CLASS.test(each.name)) return [];
    const entries = new Map<string, PhpValue>();
    for (const [path, node] of [...defaults(each), ...assigned(each)]) {
      put(entries, path, evaluate(code, file, node));
    }
    if (entries.size === 0) return [];
    return [{ kind: "array", entries, isComplete: false, place: placeOf(file, each.node) }];
  });
}

type Entry = readonly [path: readonly string[], value: PhpNode];

function defaults({ node }: PhpClass): readonly Entry[] {
  return children(node, "body")
    .flatMap((member) => children(member, "properties"))
    .flatMap((property): readonly Entry[] => {
      const name = nameOf(property);
      const value = child(property, "value");
      return name === undefined || value === undefined ? [] : [[[name], value]];
    });
}

/** What the constructor assigns whatever it is given: not in a branch. */
function assigned({ file, methods }: PhpClass): readonly Entry[] {
  const maker = methods.get("__construct")?.node;
  if (maker === undefined) return [];
  return indexPhp(file).assignments.flatMap((node): readonly Entry[] => {
    if (!isInside(node, maker)) return [];
    const isBranched = ancestorsOf(file, node).some(({ kind }) =>
      ["if", "switch", "case", "closure", "foreach"].includes(kind),
    );
    const path = pathOf(child(node, "left"));
    const value = child(node, "right");
    return isBranched || path === undefined || value === undefined ? [] : [[path, value]];
  });
}

/** `["cookie", "lifetime"]` of `$this->cookie["lifetime"]` */
function pathOf(node: PhpNode | undefined): readonly string[] | undefined {
  const what = child(node, "what");
  const offset = child(node, "offset");
  if (node?.kind === "propertylookup") {
    const name = nameOf(offset);
    return nameOf(what) === "this" && name !== undefined ? [name] : undefined;
  }
  if (node?.kind !== "offsetlookup" || typeof offset?.value !== "string") return undefined;
  const above = pathOf(what);
  return above === undefined ? undefined : [...above, offset.value];
}

function put(entries: Map<string, PhpValue>, path: readonly string[], value: PhpValue): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    entries.set(key, value);
    return;
  }
  const known = entries.get(key);
  const below = new Map(known?.kind === "array" ? known.entries : []);
  put(below, rest, value);
  entries.set(key, { kind: "array", entries: below, isComplete: false, place: value.place });
}
