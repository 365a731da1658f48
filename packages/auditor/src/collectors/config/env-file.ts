/**
 * Reads `.env` files with positions, and in the order in which Symfony's Dotenv reads them for production.
 * @module
 */
import type { Place } from "../../evidence.ts";
import type { Tree } from "../tree.ts";

export interface EnvVariable {
  readonly name: string;
  readonly value: string;
  /** Of the name; its span is the value's text without quotes. */
  readonly place: Place;
}

/** A variable may stand for itself twice over, and again. */
const MAX_VALUE = 65_536;
/** Blanks around the sign are phpdotenv's; Symfony refuses such a file as a whole. */
const LINE = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/gm;

/** Every assignment of a `.env` file, in order; a later one of the same name wins. */
export function parseEnv(text: string, file: string): EnvVariable[] {
  const variables: EnvVariable[] = [];
  const known = new Map<string, string>();
  const lines = lineStarts(text);
  const pattern = new RegExp(LINE);
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const name = match[1] as string;
    const at = match.index + match[0].length;
    const raw = readValue(text, at);
    // The next assignment is looked for below a value of several lines.
    pattern.lastIndex = Math.max(raw.after, at);
    const value = raw.isExpanded ? expand(raw.value, known) : raw.value;
    known.set(name, value);
    const start = match.index + match[0].indexOf(name);
    const line = lineAt(lines, start);
    const column = start - (lines[line - 1] ?? 0) + 1;
    variables.push({
      name,
      value,
      place: { file, line, column, span: { start: raw.start, end: raw.end } },
    });
  }
  return variables;
}

/**
 * The variables that Symfony's Dotenv gives production. Later files win: `.env`, `.env.local`, `.env.prod`,
 * `.env.prod.local`. Templates (`.env.dist`, `.env.example`) are none of them.
 */
export function readProductionEnv(tree: Tree, folder: string): ReadonlyMap<string, EnvVariable> {
  const variables = new Map<string, EnvVariable>();
  for (const name of [".env", ".env.local", ".env.prod", ".env.prod.local"]) {
    const file = folder === "." ? name : `${folder}/${name}`;
    const text = tree.read(file);
    if (text === undefined) continue;
    for (const variable of parseEnv(text, file)) variables.set(variable.name, variable);
  }
  return variables;
}

interface RawValue {
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly after: number;
  readonly isExpanded: boolean;
}

function readValue(text: string, at: number): RawValue {
  const quote = text[at];
  if (quote === "'" || quote === '"') {
    let end = at + 1;
    while (end < text.length && text[end] !== quote) {
      end += quote === '"' && text[end] === "\\" ? 2 : 1;
    }
    end = Math.min(end, text.length);
    const inner = text.slice(at + 1, end);
    const value = quote === "'" ? inner : inner.replace(/\\([\\"$nrt])/g, unescaped);
    return { value, start: at + 1, end, after: end + 1, isExpanded: quote === '"' };
  }
  const lineEnd = /[\r\n]|$/.exec(text.slice(at, at + MAX_VALUE))?.index ?? 0;
  const line = text.slice(at, at + lineEnd);
  // A comment needs a blank before it: `a#b` is a value.
  const value = (/^#|[ \t]#/.test(line) ? line.replace(/(^|[ \t]+)#.*$/, "") : line).trimEnd();
  return { value, start: at, end: at + value.length, after: at + lineEnd, isExpanded: true };
}

function unescaped(_: string, character: string): string {
  return { n: "\n", r: "\r", t: "\t" }[character] ?? character;
}

/** `$NAME`, `${NAME}` and `${NAME:-default}` of what was read before; of others nothing is known, so it stays empty. */
function expand(value: string, known: ReadonlyMap<string, string>): string {
  let left = MAX_VALUE;
  return value.replace(
    /\$(?:\{([A-Za-z0-9_]+)(?::?[-=]([^}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (_, braced: string | undefined, fallback: string | undefined, bare: string | undefined) => {
      const text = (known.get(braced ?? bare ?? "") || fallback || "").slice(0, left);
      left -= text.length;
      return text;
    },
  );
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  return starts;
}

function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}
