/**
 * One PHP file as a syntax tree. Knows the parser and its quirks; knows nothing of what the code means.
 *
 * The folder, from the bottom up:
 * - `php-node.ts`: `child`, `children` and `nameOf` read a node's fields without trusting them; `php-tree.ts` walks.
 * - `parsePhp(tree, file)`: a {@link PhpFile}, parsed once per tree; `placeOf(file, node)`: where a node stands.
 * - `php-walk.ts`: `indexPhp(file)` has every call, `new`, assignment, function and class of a file, each with
 *   what encloses it; `ancestorsOf`, `functionOf`, `classOf`, `isInside`, `argumentOf` answer questions on it.
 * - `php-names.ts`: `resolveClass(file, node)`, by namespace and use statements; full names, no leading `\`.
 * - `php-code.ts`: `readPhp(tree, files)`, all files of an application together: classes, functions, constants
 *   and calls by name.
 * - `php-value.ts`: `evaluate(code, file, node)`: what a literal, constant, concatenation, array, `env()` call or
 *   variable is worth: known, decided by the environment, or unknown. `scalarOf`, `entryOf` take it apart.
 * - `php-settings.ts`: `phpSessionSettings(tree, application, code)`: PHP's own session settings in effect.
 * @module
 */
import { Engine } from "php-parser";
import type { Place } from "../../evidence.ts";
import type { Tree } from "../tree.ts";
import { compactTree, LITERALS } from "./php-compact.ts";
import { children, type PhpNode } from "./php-node.ts";

export { child, children, nameOf, type PhpNode, textOf } from "./php-node.ts";

export interface PhpFile {
  /** Path from the root of the tree. */
  readonly file: string;
  readonly text: string;
  readonly program: PhpNode;
  /** Some of it could not be parsed, which the tree's `unread` says too. */
  readonly isPartial: boolean;
}

/** Newest first: a keyword of a newer PHP may be a name in older code. */
const VERSIONS = ["8.5", "7.4", "5.6"] as const;

/** PHP 8.5 says by it that a result is not wanted; the parser does not know it yet. */
const VOID_CAST = /\(\s*void\s*\)(?=\s*[\w\\$])/g;

const parsed = new WeakMap<Tree, Map<string, PhpFile | undefined>>();

/** @returns The file, as far as it could be parsed; `undefined` if it cannot be read or parsed at all. */
export function parsePhp(tree: Tree, file: string): PhpFile | undefined {
  const files = parsed.get(tree) ?? new Map<string, PhpFile | undefined>();
  parsed.set(tree, files);
  if (files.has(file)) return files.get(file);
  const text = tree.read(file);
  const result = text === undefined ? undefined : parseText(tree, file, text);
  files.set(file, result);
  return result;
}

function parseText(tree: Tree, file: string, text: string): PhpFile | undefined {
  let best: Attempt | undefined;
  for (const version of VERSIONS) {
    const attempt = attemptParse(text, version) ?? attemptParse(blankAttributes(text), version);
    if (attempt === undefined) continue;
    if (best === undefined || attempt.errors < best.errors) best = attempt;
    if (best.errors === 0) break;
  }
  if (best !== undefined && best.errors > 0 && VOID_CAST.test(text)) {
    const attempt = attemptParse(text.replace(VOID_CAST, blank), VERSIONS[0]);
    if (attempt !== undefined && attempt.errors < best.errors) best = attempt;
  }
  if (best === undefined) {
    tree.report({ file, why: "is no PHP that could be parsed; nothing in it was looked at" });
    return undefined;
  }
  const isPartial = best.errors > 0;
  if (isPartial) {
    tree.report({ file, why: `could be parsed in part only (first error at line ${best.line})` });
  }
  return { file, text, program: best.program, isPartial };
}

/** As many blanks, so that positions stay what they are. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

interface Attempt {
  readonly program: PhpNode;
  readonly errors: number;
  readonly line: number;
}

function attemptParse(text: string, version: string): Attempt | undefined {
  try {
    const parser = new Engine({
      parser: { extractDoc: false, suppressErrors: true, version },
      ast: { withPositions: true },
      lexer: { short_tags: usesShortTags(text), asp_tags: false },
    });
    const program = parser.parseCode(text, "") as unknown as PhpNode;
    const errors = children(program, "errors");
    const first = errors[0]?.line;
    return {
      program: compactTree(program, text),
      errors: errors.length,
      line: typeof first === "number" ? first : 1,
    };
  } catch {
    // The lexer gives up on some input, and deep nesting exhausts the stack: the caller reports the file.
    return undefined;
  }
}

/** `<?xml` in a template is text unless the author wrote short tags. */
function usesShortTags(text: string): boolean {
  return /<\?(?!php\b|=|xml\b)/i.test(text);
}

/** The same text, of the same length, without `#[attributes]`: some of them stop the lexer. */
function blankAttributes(text: string): string {
  // Split by code units, since positions count them.
  const characters = text.split("");
  for (let at = text.indexOf("#["); at !== -1; at = text.indexOf("#[", at + 2)) {
    let depth = 0;
    for (let end = at + 1; end < text.length; end++) {
      if (text[end] === "[") depth++;
      else if (text[end] === "]") depth--;
      if (depth > 0) continue;
      for (let blank = at; blank <= end; blank++) {
        if (characters[blank] !== "\n") characters[blank] = " ";
      }
      break;
    }
  }
  return characters.join("");
}

/** Where a node starts. A literal's place has the span of its text, quotes included. */
export function placeOf(file: PhpFile, node: PhpNode): Place {
  const start = node.loc?.start;
  const end = node.loc?.end;
  if (start === undefined || end === undefined) return { file: file.file, line: 1, column: 1 };
  const place = { file: file.file, line: start.line, column: start.column + 1 };
  if (!LITERALS.has(node.kind)) return place;
  // The parser's positions are off after some constructs; a span that does not hold the literal is none.
  const isHeld =
    node.kind === "number"
      ? file.text.slice(start.offset, end.offset) === node.value
      : node.raw === undefined;
  if (!isHeld) return place;
  return { ...place, span: { start: start.offset, end: end.offset } };
}
