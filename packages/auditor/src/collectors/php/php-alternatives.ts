/**
 * What an expression can come to, where no single value can be told: each branch of a condition, and each return of
 * the application's own function.
 * @module
 */
import { calledBy } from "./php-calls.ts";
import type { PhpCode } from "./php-code.ts";
import type { PhpScalar } from "./php-evaluation.ts";
import { child, type PhpFile, type PhpNode, textOf } from "./php-file.ts";
import { evaluate, scalarOf } from "./php-value.ts";
import { indexPhp, walkPhp } from "./php-walk.ts";

const MAX_DEPTH = 4;
/** More are no choice between a few settings. */
const MAX_ALTERNATIVES = 16;

/** @returns Every value that is possible; `undefined` if one of them cannot be told. */
export function alternativesOf(
  code: PhpCode,
  file: PhpFile,
  node: PhpNode,
  depth = 0,
): readonly PhpScalar[] | undefined {
  const value = scalarOf(evaluate(code, file, node));
  if (value !== undefined) return [value];
  if (depth === MAX_DEPTH) return undefined;
  const branches = branchesOf(code, file, node);
  if (branches.length === 0 || branches.length > MAX_ALTERNATIVES) return undefined;
  const values: PhpScalar[] = [];
  for (const branch of branches) {
    const those = alternativesOf(code, branch.file, branch.node, depth + 1);
    if (those === undefined) return undefined;
    values.push(...those);
  }
  return values;
}

/** The expression with the code of what it calls of the application, for what it depends on. */
export function textBehind(code: PhpCode, file: PhpFile, node: PhpNode): string {
  const call = node.kind === "call" ? indexPhp(file).callAt(node) : undefined;
  const called = call === undefined ? undefined : calledBy(code, call);
  const own = textOf(file, node);
  return called === undefined ? own : `${own} ${textOf(called.file, called.node)}`;
}

interface Branch {
  readonly file: PhpFile;
  readonly node: PhpNode;
}

function branchesOf(code: PhpCode, file: PhpFile, node: PhpNode): readonly Branch[] {
  if (node.kind === "retif") {
    const branches = [child(node, "trueExpr") ?? child(node, "test"), child(node, "falseExpr")];
    return branches.flatMap((branch) => (branch === undefined ? [] : { file, node: branch }));
  }
  const call = node.kind === "call" ? indexPhp(file).callAt(node) : undefined;
  const called = call === undefined ? undefined : calledBy(code, call);
  const body = called === undefined ? undefined : child(called.node, "body");
  if (called === undefined || body === undefined) return [];
  const returned: Branch[] = [];
  walkPhp(body, (each) => {
    if (each.kind === "closure" || each.kind === "arrowfunc" || each.kind === "class")
      return "skip";
    const value = each.kind === "return" ? child(each, "expr") : undefined;
    if (value !== undefined) returned.push({ file: called.file, node: value });
    return undefined;
  });
  return returned;
}
