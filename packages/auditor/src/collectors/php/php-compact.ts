/**
 * A parsed tree as small as it can be: without comments, empty lists and flags that are off, each name once, and
 * with what encloses each node. The parser's own takes several times the memory.
 * @module
 */
import { isNode, NodeRange, type PhpNode, type Position } from "./php-node.ts";

/** What the parser notes beside the code. */
const NOT_KEPT: ReadonlySet<string> = new Set([
  "comments",
  "docs",
  "errors",
  "kind",
  "leadingComments",
  "loc",
  "trailingComments",
]);

/** Kinds whose whole text is one value that another literal can replace. */
export const LITERALS: ReadonlySet<string> = new Set([
  "boolean",
  "nullkeyword",
  "number",
  "string",
]);

/** Words of code, each kept once for all files; a list this long is made by nobody. */
const words = new Map<string, string>();
const MAX_WORDS = 200_000;

function sameWord(word: string): string {
  const known = words.get(word);
  if (known !== undefined) return known;
  if (word.length > 80 || words.size >= MAX_WORDS) return word;
  words.set(word, word);
  return word;
}

type Fields = Record<string, unknown> & { kind: string };

/** @param text What was parsed: a literal whose text it does not hold at its place keeps its `raw`. */
export function compactTree(program: PhpNode, text: string): PhpNode {
  const todo: [from: PhpNode, to: Fields][] = [];
  const copyOf = (node: PhpNode, parent: PhpNode | undefined): Fields => {
    const copy: Fields = { kind: node.kind, loc: undefined };
    const { start, end } = (node.loc ?? {}) as { start?: Position; end?: Position };
    if (start && end) copy.loc = new NodeRange(start, end.offset, parent);
    // Some of the parser's nodes stand nowhere.
    else if (parent !== undefined) copy.parent = parent;
    todo.push([node, copy]);
    return copy;
  };
  const root = copyOf(program, undefined);
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [node, copy] = next;
    for (const field of Object.keys(node)) {
      const value = node[field];
      if (NOT_KEPT.has(field)) continue;
      if (isNode(value)) copy[field] = copyOf(value, copy);
      else if (Array.isArray(value)) {
        const items: unknown[] = value;
        if (items.length > 0)
          copy[field] = items.map((item) => (isNode(item) ? copyOf(item, copy) : item));
      } else if (typeof value === "string") {
        if (field !== "raw" || !isWritten(node, value, text)) copy[field] = sameWord(value);
      } else if (field === "value" || (value !== null && value !== false && value !== undefined)) {
        copy[field] = value;
      }
    }
  }
  return root;
}

function isWritten({ kind, loc }: PhpNode, raw: string, text: string): boolean {
  return LITERALS.has(kind) && text.slice(loc?.start.offset, loc?.end.offset) === raw;
}
