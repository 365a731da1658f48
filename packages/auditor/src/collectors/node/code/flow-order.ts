/**
 * Whether one thing that happens in a handler always happens before another.
 * @module
 */
import ts from "typescript";
import { isWithin } from "../../script/script-syntax.ts";
import type { FlowEvent } from "./flow.ts";

/** Whether `before` lies on every way to `after`, given that it comes first. */
export function leadsTo(before: FlowEvent, after: FlowEvent): boolean {
  const [left, right] = diverging(before, after);
  if (left === undefined || right === undefined) return true;
  let inner: ts.Node = left;
  for (let at: ts.Node | undefined = left.parent; at !== undefined; inner = at, at = at.parent) {
    if (isWithin(right, at) && !isChoice(at)) return true;
    if (!excludes(at, inner, right)) continue;
    return false;
  }
  return true;
}

/** The first two places where the ways to both part. */
function diverging(left: FlowEvent, right: FlowEvent): [ts.Node | undefined, ts.Node | undefined] {
  const ways = [left, right].map(({ trail, node }) => [...trail, node]) as [ts.Node[], ts.Node[]];
  const length = Math.min(ways[0].length, ways[1].length);
  for (let at = 0; at < length; at += 1) {
    if (ways[0][at] !== ways[1][at]) return [ways[0][at], ways[1][at]];
  }
  return [undefined, undefined];
}

function isChoice(node: ts.Node): boolean {
  return (
    ts.isIfStatement(node) ||
    ts.isConditionalExpression(node) ||
    ts.isTryStatement(node) ||
    ts.isSwitchStatement(node)
  );
}

/** Whether whoever is in `inner` of a choice never comes to `other`. */
function excludes(choice: ts.Node, inner: ts.Node, other: ts.Node): boolean {
  if (ts.isIfStatement(choice)) {
    if (inner === choice.expression) return false;
    const isOtherBranch =
      isWithin(other, choice) && !isWithin(other, inner) && !isWithin(other, choice.expression);
    if (isOtherBranch) return true;
    return !isWithin(other, choice) && leaves(inner);
  }
  if (ts.isConditionalExpression(choice)) {
    return inner !== choice.condition && isWithin(other, choice) && !isWithin(other, inner);
  }
  if (ts.isCatchClause(choice)) return !isWithin(other, choice);
  return ts.isCaseClause(choice) && !isWithin(other, choice) && leaves(choice);
}

/** Whether a branch ends the function. */
export function leaves(branch: ts.Node): boolean {
  const statements = ts.isBlock(branch) || ts.isCaseClause(branch) ? branch.statements : [branch];
  const last = statements.at(-1);
  return last !== undefined && (ts.isReturnStatement(last) || ts.isThrowStatement(last));
}
