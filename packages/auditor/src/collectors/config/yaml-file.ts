/**
 * Reads YAML with positions, as leniently as Symfony's own parser reads it: what the strict grammar refuses
 * (`secret: %secret%`, `@service`, a key twice) is kept, and nothing stops at the first error.
 * @module
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from "yaml";
import type { Place } from "../../evidence.ts";
import type { Tree } from "../tree.ts";
import { type ConfigEntry, type ConfigNode, mapNode, scalarNode } from "./config-node.ts";

/** An alias may stand for much: this many nodes of one file are followed, and no more. */
const MAX_NODES = 50_000;
const MAX_DEPTH = 100;
/** More opening brackets than this are made to exhaust the parser, not to configure anything. */
const MAX_FLOW_DEPTH = 200;

/** The parser's time grows with the square of what stands in one line. */
const LONG_LINE = /[^\n]{50000}/;

/** @returns `undefined` if there is no such file, or nothing in it; what could not be read is reported. */
export function readYaml(tree: Tree, file: string): ConfigNode | undefined {
  const text = tree.read(file);
  return text === undefined
    ? undefined
    : parseYaml(text, file, (why) => tree.report({ file, why }));
}

export function parseYaml(
  text: string,
  file: string,
  report: (why: string) => void,
): ConfigNode | undefined {
  if (flowDepth(text) > MAX_FLOW_DEPTH) {
    report("is nested too deeply to be read");
    return undefined;
  }
  if (LONG_LINE.test(text)) {
    report("has a line too long for configuration; it was not read");
    return undefined;
  }
  const lines = new LineCounter();
  let document = parse(text, lines, report);
  let failure = document?.errors.find(isFatal);
  if (failure !== undefined) {
    // Symfony ends a plain value in `{ path: ^/[^/]+, … }` at the comma: brackets in it mean nothing.
    const lenient = parse(maskBrackets(text), new LineCounter(), report);
    const rest = lenient?.errors.find(isFatal);
    if (lenient !== undefined && (rest === undefined || rest.pos[0] > failure.pos[0])) {
      document = lenient;
      failure = rest;
    }
  }
  if (document === undefined) return undefined;
  if (failure !== undefined) {
    const { line } = lines.linePos(failure.pos[0]);
    report(`is not well-formed YAML at line ${line}; read as far as it goes`);
  }
  const reader = new YamlReader(document, file, lines);
  const node = document.contents === null ? undefined : reader.read(document.contents as Node, 0);
  if (reader.isExhausted) report("has more values, aliases followed, than are read");
  return node;
}

function parse(
  text: string,
  lineCounter: LineCounter,
  report: (why: string) => void,
): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      uniqueKeys: false,
      merge: true,
      strict: false,
      logLevel: "silent",
    });
  } catch (error) {
    report(`is no YAML that can be read (${(error as Error).message.split("\n", 1)[0]})`);
    return undefined;
  }
}

function isFatal({ code }: { readonly code: string }): boolean {
  return !TOLERATED.has(code);
}

/** Stand-ins for brackets, of the same length so that positions hold: from the private use area. */
const BRACKETS = "[]{}";
const STAND_INS = "\uE000\uE001\uE002\uE003";

function maskBrackets(text: string): string {
  const mask = (value: string, brackets: RegExp): string =>
    value.replace(brackets, (bracket) => STAND_INS.charAt(BRACKETS.indexOf(bracket)));
  return text
    .replace(
      /(:[ \t]{1,20})([^\s"'[{&*!|>,}#][^,}"'\n]{0,500})(?=[,}])/g,
      (_, before: string, value: string) => before + mask(value, /[[\]]/g),
    )
    .replace(
      /([[,][ \t]{0,20})(\^[^,\s"']*)/g,
      (_, before: string, value: string) => before + mask(value, /[{}]/g),
    );
}

function unmask(text: string): string {
  return text.replace(/[\uE000-\uE003]/g, (each) => BRACKETS.charAt(STAND_INS.indexOf(each)));
}

/** What Symfony's parser accepts, or what means the same to it. */
const TOLERATED: ReadonlySet<string> = new Set([
  "BAD_DQ_ESCAPE",
  "BAD_SCALAR_START",
  "DUPLICATE_KEY",
  "TAG_RESOLVE_FAILED",
  "MULTIPLE_DOCS",
]);

class YamlReader {
  readonly #document: Document.Parsed;
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #open = new Set<Node>();
  #left = MAX_NODES;
  #anchors: Map<string, Node> | undefined;

  constructor(document: Document.Parsed, file: string, lines: LineCounter) {
    this.#document = document;
    this.#file = file;
    this.#lines = lines;
  }

  get isExhausted(): boolean {
    return this.#left <= 0;
  }

  read(node: Node, depth: number): ConfigNode {
    const place = this.#placeOf(node);
    this.#left -= 1;
    if (this.#left <= 0 || depth > MAX_DEPTH || this.#open.has(node)) {
      return { kind: "unknown", text: "too deeply nested", place };
    }
    this.#open.add(node);
    try {
      if (isAlias(node)) return this.#readAlias(node, depth, place);
      if (isMap(node)) return mapNode(this.#entries(node.items as Pair[], depth), place);
      if (isSeq(node)) {
        const items = (node.items as Node[]).map((item) => this.read(item, depth + 1));
        return { kind: "list", items, place };
      }
      return scalarNode(isScalar(node) ? scalarOf(node) : null, place);
    } finally {
      this.#open.delete(node);
    }
  }

  #readAlias(alias: Alias, depth: number, place: Place): ConfigNode {
    // Looked up once for all: the library walks the whole document for each.
    if (this.#anchors === undefined) {
      const anchors = new Map<string, Node>();
      visit(this.#document, {
        Node: (_, node) => {
          if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
        },
      });
      this.#anchors = anchors;
    }
    const target = this.#anchors.get(alias.source);
    if (target === undefined) return { kind: "unknown", text: `*${alias.source}`, place };
    return { ...this.read(target, depth + 1), place };
  }

  #entries(pairs: readonly Pair[], depth: number): [string, ConfigEntry][] {
    const merged: [string, ConfigEntry][] = [];
    const own: [string, ConfigEntry][] = [];
    for (const pair of pairs) {
      const key = pair.key as Node | null;
      if (!isScalar(key)) continue;
      // The library stands a symbol in for the merge key.
      const name = typeof key.value === "symbol" ? "<<" : String(key.value ?? "");
      const value = pair.value as Node | null;
      const node =
        value === null ? scalarNode(null, this.#placeOf(key)) : this.read(value, depth + 1);
      if (name === "<<") {
        const sources = node.kind === "list" ? node.items : [node];
        for (const source of sources) if (source.kind === "map") merged.push(...source.entries);
        continue;
      }
      const span = node.place.span;
      const place = this.#placeOf(key, false);
      own.push([name, { place: span === undefined ? place : { ...place, span }, node }]);
    }
    return [...merged, ...own];
  }

  #placeOf(node: Node | Scalar, withSpan = true): Place {
    const [start, end] = node.range ?? [0, 0];
    const { line, col } = this.#lines.linePos(start);
    const place = { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1) };
    const isPlain = isScalar(node) && (node.type?.startsWith("BLOCK") ?? false) === false;
    return withSpan && isPlain && end > start ? { ...place, span: { start, end } } : place;
  }
}

function scalarOf(node: Scalar): string | number | boolean | null {
  const { value } = node;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string") {
    // Symfony reads the underscores of PHP's numbers too: `86_400`.
    const text = unmask(value);
    return node.type === "PLAIN" && /^[-+]?\d[\d_]*_[\d_]*\d$/.test(value)
      ? Number(value.replaceAll("_", ""))
      : text;
  }
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}

function flowDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [character] of text.matchAll(/[[{\]}]/g)) {
    depth = character === "[" || character === "{" ? depth + 1 : Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
