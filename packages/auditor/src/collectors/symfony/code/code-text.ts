/**
 * Questions on a function's own code that calls by name do not answer: its text without comments, and the calls
 * in it.
 * @module
 */
import { type PhpFile, type PhpNode, textOf } from "../../php/php-file.ts";
import {
  indexPhp,
  isInside,
  offsetOf,
  type PhpCall,
  type PhpFunction,
} from "../../php/php-walk.ts";

const texts = new WeakMap<PhpNode, string>();

/** The node's source without comments, so that nothing that was commented out counts. */
export function codeTextOf(file: PhpFile, node: PhpNode): string {
  const known = texts.get(node);
  if (known !== undefined) return known;
  const text = withoutComments(textOf(file, node));
  texts.set(node, text);
  return text;
}

/** Strings are passed over as they stand: `"https://…"` holds no comment. */
function withoutComments(text: string): string {
  return text.replace(
    /('(?:[^'\\]+|\\[\s\S])*(?:'|$)|"(?:[^"\\]+|\\[\s\S])*(?:"|$))|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|#(?!\[)[^\n]*/g,
    (_, literal: string | undefined) => literal ?? " ",
  );
}

/** The expression, and what its variables were given in the function. */
export function expandedText(
  { file, node }: Pick<PhpFunction, "file" | "node">,
  expression: PhpNode,
): string {
  const text = codeTextOf(file, expression);
  const names = new Set([...text.matchAll(/\$(\w+)/g)].map(([, name]) => name ?? ""));
  const given = [...names].flatMap((name) =>
    indexPhp(file)
      .assignmentsTo(name)
      .filter((each) => isInside(each, node))
      .map((each) => codeTextOf(file, each)),
  );
  return [text, ...given].join(" ");
}

const calls = new WeakMap<PhpNode, readonly PhpCall[]>();

/** Found once, by halves: calls stand in the order of the text. */
export function callsOf({ file, node }: Pick<PhpFunction, "file" | "node">): readonly PhpCall[] {
  const known = calls.get(node);
  if (known !== undefined) return known;
  const all = indexPhp(file).calls;
  const found: PhpCall[] = [];
  const end = node.loc?.end.offset ?? -1;
  for (let at = firstFrom(all, offsetOf(node)); at < all.length; at += 1) {
    const call = all[at];
    if (call === undefined || offsetOf(call.node) > end) break;
    if (isInside(call.node, node)) found.push(call);
  }
  calls.set(node, found);
  return found;
}

function firstFrom(all: readonly PhpCall[], offset: number): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const call = all[middle];
    if (call !== undefined && offsetOf(call.node) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether any of these is called in it; names in lower case. */
export function callsAny(of: PhpFunction, ...names: string[]): boolean {
  return callsOf(of).some(({ name }) => names.includes(name));
}
