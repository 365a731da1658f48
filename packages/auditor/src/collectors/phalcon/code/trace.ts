/**
 * What a function does in the order of its text, with the application's own functions that it calls unfolded in
 * place. Branches are laid one after the other; {@link precedes} knows which of them exclude each other.
 * @module
 */
import { child, type PhpFile, type PhpNode, textOf } from "../../php/php-file.ts";
import {
  ancestorsOf,
  indexPhp,
  isInside,
  namedFunctionOf,
  offsetOf,
  type PhpCall,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { callGraph } from "./call-graph.ts";
import type { PhalconApplication } from "./phalcon-application.ts";
import { type SessionOperation, sessionOperations } from "./session-operations.ts";

export interface Step {
  readonly file: PhpFile;
  readonly node: PhpNode;
  readonly call: PhpCall | undefined;
  readonly operation: SessionOperation | undefined;
  /** The calls on the way to it, from the outside in, and at the end the step itself. */
  readonly trail: readonly { readonly file: PhpFile; readonly node: PhpNode }[];
  /** The function that it stands in. */
  readonly within: PhpFunction;
}

const MAX_DEPTH = 7;
const MAX_STEPS = 2_000;
/** Of all traces of an application together: beyond it, calls are not unfolded any more. */
const MAX_STEPS_IN_ALL = 300_000;

const traces = new WeakMap<PhpFunction, readonly Step[]>();
const spent = new WeakMap<PhalconApplication, { steps: number }>();

export function traceOf(phalcon: PhalconApplication, start: PhpFunction): readonly Step[] {
  const known = traces.get(start);
  if (known !== undefined) return known;
  const steps: Step[] = [];
  const budget = spent.get(phalcon) ?? { steps: 0 };
  spent.set(phalcon, budget);
  unfold(phalcon, start, [], new Set(), steps, budget.steps < MAX_STEPS_IN_ALL);
  budget.steps += steps.length;
  traces.set(start, steps);
  return steps;
}

function unfold(
  phalcon: PhalconApplication,
  within: PhpFunction,
  trail: Step["trail"],
  open: ReadonlySet<PhpNode>,
  steps: Step[],
  isDeep: boolean,
): void {
  const { file } = within;
  const index = indexPhp(file);
  const operations = operationsOf(phalcon, file);
  for (const node of stepNodes(within, operations)) {
    if (steps.length >= MAX_STEPS) return;
    const call = index.callAt(node);
    const path = [...trail, { file, node }];
    steps.push({ file, node, call, operation: operations.get(node), trail: path, within });
    const called = call === undefined ? undefined : callGraph(phalcon).calledBy(call);
    if (!isDeep || called === undefined || open.has(called.node) || path.length > MAX_DEPTH)
      continue;
    if (called.node === within.node) continue;
    unfold(phalcon, called, path, new Set([...open, within.node]), steps, isDeep);
  }
}

const operationsByFile = new WeakMap<
  PhalconApplication,
  Map<PhpFile, Map<PhpNode, SessionOperation>>
>();

function operationsOf(
  phalcon: PhalconApplication,
  file: PhpFile,
): ReadonlyMap<PhpNode, SessionOperation> {
  let files = operationsByFile.get(phalcon);
  if (files === undefined) {
    files = new Map();
    for (const operation of sessionOperations(phalcon)) {
      const nodes = files.get(operation.file) ?? new Map<PhpNode, SessionOperation>();
      files.set(operation.file, nodes.set(operation.node, operation));
    }
    operationsByFile.set(phalcon, files);
  }
  return files.get(file) ?? new Map();
}

const nodesOfFunction = new WeakMap<PhpNode, readonly PhpNode[]>();
const nodesOfFile = new WeakMap<PhpFile, readonly PhpNode[]>();

/** Calls, assignments, comparisons and operations of a function, each after what it is made of. */
function stepNodes(
  within: PhpFunction,
  operations: ReadonlyMap<PhpNode, SessionOperation>,
): readonly PhpNode[] {
  const known = nodesOfFunction.get(within.node);
  if (known !== undefined) return known;
  const { file, node: outer } = within;
  const all = nodesOfFile.get(file) ?? nodesInOrder(file, operations);
  nodesOfFile.set(file, all);
  const inside: PhpNode[] = [];
  for (let at = firstFrom(all, offsetOf(outer)); at < all.length; at++) {
    const node = all[at] as PhpNode;
    if (offsetOf(node) > endOf(outer)) break;
    if (node === outer || !isInside(node, outer)) continue;
    // A page's own code, without the functions that are declared beside it.
    if (outer.kind === "program" && namedFunctionOf(file, node) !== undefined) continue;
    inside.push(node);
  }
  inside.sort((left, right) => endOf(left) - endOf(right) || offsetOf(right) - offsetOf(left));
  nodesOfFunction.set(outer, inside);
  return inside;
}

function nodesInOrder(
  file: PhpFile,
  operations: ReadonlyMap<PhpNode, SessionOperation>,
): readonly PhpNode[] {
  const index = indexPhp(file);
  const comparisons = index
    .ofKind("bin")
    .filter((node) => /^([!=]==?|[<>]=?)$/.test(String(node.type)));
  const calls = index.calls.map(({ node }) => node);
  const nodes = new Set([...calls, ...operations.keys(), ...index.assignments, ...comparisons]);
  return [...nodes].sort((left, right) => offsetOf(left) - offsetOf(right));
}

/** Position of the first node that starts at the offset or later. */
function firstFrom(nodes: readonly PhpNode[], offset: number): number {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsetOf(nodes[middle] as PhpNode) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Arguments run before the call that they are handed to: order is by where an expression ends. */
function endOf(node: PhpNode): number {
  return node.loc?.end.offset ?? -1;
}

/**
 * How the first of two steps of one trace, which comes earlier, stands to the second.
 *
 * @returns `always`: whenever the second runs, the first ran. `sometimes`: it stands in a branch of its own.
 */
export function precedes(first: Step, second: Step): "always" | "sometimes" {
  const depth = first.trail.findIndex((at, index) => at.node !== second.trail[index]?.node);
  if (depth === -1) return "always";
  for (let level = depth; level < first.trail.length; level++) {
    const at = first.trail[level];
    if (at === undefined) break;
    // Below the level at which they part, nothing of the second is inside any branch of the first.
    const other = level === depth ? second.trail[level]?.node : undefined;
    if (isBranchedOff(at.file, at.node, other)) return "sometimes";
  }
  return "always";
}

function isBranchedOff(file: PhpFile, node: PhpNode, other: PhpNode | undefined): boolean {
  let below = node;
  for (const above of ancestorsOf(file, node)) {
    if (["function", "method", "closure"].includes(above.kind)) return false;
    const isApart = other === undefined || !isInside(other, below);
    if (isApart && isBranch(file, above, below) && !followsFrom(above, below, other)) return true;
    below = above;
  }
  return false;
}

/** `if (signIn()) { … }`: the branch runs whenever what the condition asks for was done. */
function followsFrom(above: PhpNode, below: PhpNode, other: PhpNode | undefined): boolean {
  const test = above.kind === "if" ? child(above, "test") : undefined;
  if (test === undefined || other === undefined || !isInside(other, test)) return false;
  const isNegated = test.kind === "unary" && test.type === "!";
  return below === child(above, isNegated ? "alternate" : "body");
}

/** Whether `below` is a part of `above` that need not run, unless only the session's own state decides. */
function isBranch(file: PhpFile, above: PhpNode, below: PhpNode): boolean {
  switch (above.kind) {
    case "if": {
      const test = child(above, "test");
      if (below === test) return false;
      const text = test === undefined ? "" : textOf(file, test);
      return !/session_status|->exists\(|isStarted|session_id\(\)|PHP_SESSION_ACTIVE/i.test(text);
    }
    case "retif":
      return below !== child(above, "test");
    case "case":
    case "catch":
    case "foreach":
    case "for":
    case "while":
      return true;
    case "bin":
      return /^(&&|\|\||and|or|\?\?)$/.test(String(above.type)) && below === child(above, "right");
    default:
      return false;
  }
}
