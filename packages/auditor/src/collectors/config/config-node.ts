/**
 * Configuration as a tree of values that know where they were written: the one shape that YAML, XML and PHP
 * configuration is read into. Knows no framework.
 * @module
 */
import type { Place } from "../../evidence.ts";

export type Scalar = string | number | boolean | null;

export type ConfigNode =
  | { readonly kind: "scalar"; readonly value: Scalar; readonly place: Place }
  | {
      readonly kind: "map";
      readonly entries: ReadonlyMap<string, ConfigEntry>;
      readonly place: Place;
    }
  | { readonly kind: "list"; readonly items: readonly ConfigNode[]; readonly place: Place }
  /** Something is written that only running it would tell; `text` is what, if it is short and no secret. */
  | { readonly kind: "unknown"; readonly text: string; readonly place: Place };

export interface ConfigEntry {
  /** Of the key; its span is the value's text, if that can be replaced. */
  readonly place: Place;
  readonly node: ConfigNode;
}

export function scalarNode(value: Scalar, place: Place): ConfigNode {
  return { kind: "scalar", value, place };
}

export function mapNode(
  entries: Iterable<readonly [string, ConfigEntry]>,
  place: Place,
): ConfigNode & { kind: "map" } {
  return { kind: "map", entries: new Map(entries), place };
}

/** The entry below these keys, one after the other. */
export function entryAt(node: ConfigNode | undefined, ...path: string[]): ConfigEntry | undefined {
  let entry: ConfigEntry | undefined;
  let at = node;
  for (const key of path) {
    if (at?.kind !== "map") return undefined;
    entry = at.entries.get(key);
    at = entry?.node;
  }
  return entry;
}

export function nodeAt(node: ConfigNode | undefined, ...path: string[]): ConfigNode | undefined {
  return entryAt(node, ...path)?.node;
}

/** The entries of a map; none of anything else. */
export function entriesOf(node: ConfigNode | undefined): (readonly [string, ConfigEntry])[] {
  return node?.kind === "map" ? [...node.entries] : [];
}

/** The items of a list, or of a map whose keys are mere names; a single value is a list of one. */
export function itemsOf(node: ConfigNode | undefined): readonly ConfigNode[] {
  if (node === undefined) return [];
  if (node.kind === "list") return node.items;
  if (node.kind === "map") return [...node.entries.values()].map(({ node: item }) => item);
  return node.kind === "scalar" && node.value === null ? [] : [node];
}

/**
 * What holds if `later` is read after `earlier`: maps join, lists join, anything else is replaced. A switch
 * (`session: true`, `csrf_protection: ~`) does not undo the map beside it; `false` does.
 */
export function mergeNodes(earlier: ConfigNode, later: ConfigNode): ConfigNode {
  if (earlier.kind === "map" && later.kind === "map") {
    const entries = new Map(earlier.entries);
    for (const [key, entry] of later.entries) {
      const before = entries.get(key);
      entries.set(
        key,
        before === undefined
          ? entry
          : { place: laterPlace(before, entry), node: mergeNodes(before.node, entry.node) },
      );
    }
    return { kind: "map", entries, place: earlier.place };
  }
  if (earlier.kind === "list" && later.kind === "list") {
    return { kind: "list", items: [...earlier.items, ...later.items], place: earlier.place };
  }
  const isSwitchedOn = later.kind === "scalar" && (later.value === true || later.value === null);
  if (earlier.kind === "map" && isSwitchedOn) return earlier;
  return later;
}

/** Where to point for a value that two files write: at the map's beginning, else at the one that holds. */
function laterPlace(before: ConfigEntry, entry: ConfigEntry): Place {
  return before.node.kind === "map" && entry.node.kind === "map" ? before.place : entry.place;
}
