/**
 * Walks a syntax tree, down and up. Keeps its own stack, so that a chain of a thousand operators cannot exhaust
 * ours.
 * @module
 */
import { isNode, NodeRange, nameOf, type PhpNode } from "./php-node.ts";

/** `skip` leaves out what is below the node. */
type Visit = (node: PhpNode) => "skip" | undefined;

/** Visits the node and all below it, in the order of the text. */
export function walkPhp(root: PhpNode, visit: Visit): void {
  const stack: PhpNode[] = [root];
  while (stack.length > 0) {
    const node = stack.pop() as PhpNode;
    if (visit(node) === "skip") continue;
    const below = childNodes(node);
    for (let index = below.length - 1; index >= 0; index--) stack.push(below[index] as PhpNode);
  }
}

/** Fields that hold no code of the node itself. */
const NO_CODE: ReadonlySet<string> = new Set(["attrGroups", "loc", "parent"]);

export function childNodes(node: PhpNode): readonly PhpNode[] {
  const nodes: PhpNode[] = [];
  for (const field in node) {
    if (NO_CODE.has(field)) continue;
    const value = node[field];
    if (isNode(value)) nodes.push(value);
    else if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) nodes.push(item);
    }
  }
  return nodes;
}

export function parentOf(node: PhpNode): PhpNode | undefined {
  const { loc } = node;
  if (loc instanceof NodeRange) return loc.parent;
  return isNode(node.parent) && !loc ? node.parent : undefined;
}

/** What encloses a node, from the inside out. */
export function enclosing(node: PhpNode): readonly PhpNode[] {
  const above: PhpNode[] = [];
  for (let at = parentOf(node); at !== undefined; at = parentOf(at)) above.push(at);
  return above;
}

/** The nearest that encloses a node and is of one of these kinds. */
export function nearestAbove(node: PhpNode, kinds: ReadonlySet<string>): PhpNode | undefined {
  let at = parentOf(node);
  while (at !== undefined && !kinds.has(at.kind)) at = parentOf(at);
  return at;
}

const NAMESPACE: ReadonlySet<string> = new Set(["namespace"]);

/** Namespace that a node stands in; `""` for none. */
export function namespaceOf(node: PhpNode): string {
  return nameOf(nearestAbove(node, NAMESPACE)) ?? "";
}

export function offsetOf(node: PhpNode): number {
  const { loc } = node;
  return loc instanceof NodeRange ? loc.from : (loc?.start.offset ?? -1);
}

export function endOf(node: PhpNode): number {
  const { loc } = node;
  return loc instanceof NodeRange ? loc.to : (loc?.end.offset ?? -1);
}

/** Whether `node` is `outer` or stands within it. */
export function isInside(node: PhpNode, outer: PhpNode): boolean {
  return offsetOf(node) >= offsetOf(outer) && endOf(node) <= endOf(outer);
}
