/**
 * Indexes a file once: calls, assignments, functions and classes, each with what encloses it.
 * @module
 */
import { child, children, nameOf, type PhpFile, type PhpNode } from "./php-file.ts";
import { CLASS_KINDS, declaredName, resolveClass } from "./php-names.ts";
import {
  enclosing,
  endOf,
  isInside,
  nearestAbove,
  offsetOf,
  parentOf,
  walkPhp,
} from "./php-tree.ts";

export { isInside, offsetOf, walkPhp };

/** A function, method, closure or arrow function. */
export interface PhpFunction {
  readonly node: PhpNode;
  readonly file: PhpFile;
  /** As written; `undefined` for closures. */
  readonly name: string | undefined;
  readonly parameters: readonly PhpNode[];
  /** The class that it is a method of. */
  readonly of: PhpClass | undefined;
}

/** A class, trait, interface or enum. */
export interface PhpClass {
  readonly node: PhpNode;
  readonly file: PhpFile;
  /** In full, without leading `\`; `undefined` if anonymous. */
  readonly name: string | undefined;
  readonly parent: string | undefined;
  readonly interfaces: readonly string[];
  readonly traits: readonly string[];
  readonly methods: ReadonlyMap<string, PhpFunction>;
}

export interface PhpCall {
  readonly node: PhpNode;
  readonly file: PhpFile;
  readonly form: "function" | "method" | "static" | "new";
  /** Of the function or method, in lower case, without namespace; `__construct` for `new`, `__invoke` for a called value; `""` if computed. */
  readonly name: string;
  /** What a method is called on. */
  readonly target: PhpNode | undefined;
  /** For `static` and `new`, in full; `undefined` if computed. */
  readonly className: string | undefined;
  readonly arguments: readonly PhpNode[];
}

export interface PhpIndex {
  readonly calls: readonly PhpCall[];
  readonly functions: readonly PhpFunction[];
  readonly classes: readonly PhpClass[];
  /** Nodes of kind `assign`. */
  readonly assignments: readonly PhpNode[];
  ofKind(kind: string): readonly PhpNode[];
  parentOf(node: PhpNode): PhpNode | undefined;
  /** The call that this node is. */
  callAt(node: PhpNode): PhpCall | undefined;
  /** Assignments to a variable or to keys of it, by its name without `$`. */
  assignmentsTo(variable: string): readonly PhpNode[];
}

/** No person assigns one variable of a file more often; whoever asks looks at each. */
const MAX_ASSIGNMENTS = 256;

const FUNCTION_KINDS: ReadonlySet<string> = new Set(["function", "method", "closure", "arrowfunc"]);

interface BuiltIndex extends PhpIndex {
  readonly functionByNode: ReadonlyMap<PhpNode, PhpFunction>;
  readonly classByNode: ReadonlyMap<PhpNode, PhpClass>;
}

const indexes = new WeakMap<PhpFile, BuiltIndex>();

export function indexPhp(file: PhpFile): PhpIndex {
  return builtIndex(file);
}

function builtIndex(file: PhpFile): BuiltIndex {
  const index = indexes.get(file) ?? buildIndex(file);
  indexes.set(file, index);
  return index;
}

function buildIndex(file: PhpFile): BuiltIndex {
  const classNodes: PhpNode[] = [];
  const functionNodes: PhpNode[] = [];
  const callNodes: PhpNode[] = [];
  const assignments: PhpNode[] = [];
  walkPhp(file.program, (node) => {
    if (node.kind === "call" || node.kind === "new") callNodes.push(node);
    else if (node.kind === "assign") assignments.push(node);
    else if (FUNCTION_KINDS.has(node.kind)) functionNodes.push(node);
    else if (CLASS_KINDS.has(node.kind)) classNodes.push(node);
    return undefined;
  });
  const functionByNode = new Map<PhpNode, PhpFunction>();
  const classByNode = new Map(
    classNodes.map((node) => [node, readClass(file, node, functionByNode)]),
  );
  for (const node of functionNodes) {
    if (!functionByNode.has(node)) functionByNode.set(node, readFunction(file, node, undefined));
  }
  const callByNode = new Map(callNodes.map((node) => [node, readCall(file, node)]));
  const byVariable = assignmentsByVariable(assignments);
  const byKind = new Map<string, readonly PhpNode[]>();
  return {
    calls: inOrder(callByNode.values()),
    functions: inOrder(functionByNode.values()),
    classes: inOrder(classByNode.values()),
    assignments,
    classByNode,
    functionByNode,
    ofKind(kind) {
      const known = byKind.get(kind) ?? nodesOfKind(file.program, kind);
      byKind.set(kind, known);
      return known;
    },
    parentOf,
    callAt: (node) => callByNode.get(node),
    assignmentsTo: (variable) => byVariable.get(variable) ?? [],
  };
}

function assignmentsByVariable(
  assignments: readonly PhpNode[],
): ReadonlyMap<string, readonly PhpNode[]> {
  const byVariable = new Map<string, PhpNode[]>();
  for (const assignment of assignments) {
    let left = child(assignment, "left");
    while (left?.kind === "offsetlookup") left = child(left, "what");
    const name = left?.kind === "variable" ? nameOf(left) : undefined;
    if (name === undefined) continue;
    const same = byVariable.get(name);
    if (same === undefined) byVariable.set(name, [assignment]);
    else if (same.length < MAX_ASSIGNMENTS) same.push(assignment);
  }
  return byVariable;
}

function nodesOfKind(program: PhpNode, kind: string): readonly PhpNode[] {
  const nodes: PhpNode[] = [];
  walkPhp(program, (node) => {
    if (node.kind === kind) nodes.push(node);
    return undefined;
  });
  return nodes;
}

function inOrder<T extends { readonly node: PhpNode }>(items: Iterable<T>): T[] {
  return [...items].sort((left, right) => offsetOf(left.node) - offsetOf(right.node));
}

function readClass(
  file: PhpFile,
  node: PhpNode,
  functionByNode: Map<PhpNode, PhpFunction>,
): PhpClass {
  const extended = child(node, "extends");
  const methods = new Map<string, PhpFunction>();
  const traits: string[] = [];
  const of: PhpClass = {
    node,
    file,
    name: declaredName(node),
    parent: extended === undefined ? undefined : resolveClass(file, extended),
    interfaces: children(node, "implements").flatMap((each) => resolveClass(file, each) ?? []),
    traits,
    methods,
  };
  for (const member of children(node, "body")) {
    if (member.kind === "method") {
      const method = readFunction(file, member, of);
      functionByNode.set(member, method);
      if (method.name !== undefined) methods.set(method.name.toLowerCase(), method);
    } else if (member.kind === "traituse") {
      traits.push(...children(member, "traits").flatMap((each) => resolveClass(file, each) ?? []));
    }
  }
  return of;
}

function readFunction(file: PhpFile, node: PhpNode, of: PhpClass | undefined): PhpFunction {
  return { node, file, name: nameOf(node), parameters: children(node, "arguments"), of };
}

function readCall(file: PhpFile, node: PhpNode): PhpCall {
  const what = child(node, "what");
  const shared = { node, file, arguments: children(node, "arguments") };
  if (node.kind === "new") {
    const className = what === undefined ? undefined : resolveClass(file, what);
    return { ...shared, form: "new", name: "__construct", target: undefined, className };
  }
  // `($this->domain)($input)` runs the object in the property, not a method of that name.
  const isInvoked = what !== undefined && what.parenthesizedExpression === true;
  switch (isInvoked ? "invoked" : what?.kind) {
    case "name": {
      const name = (nameOf(what) ?? "").replace(/^.*\\/, "").toLowerCase();
      return { ...shared, form: "function", name, target: undefined, className: undefined };
    }
    case "propertylookup":
    case "nullsafepropertylookup":
      return {
        ...shared,
        form: "method",
        name: memberName(what),
        target: child(what, "what"),
        className: undefined,
      };
    case "staticlookup": {
      const on = child(what, "what");
      const className = on === undefined ? undefined : resolveClass(file, on);
      return { ...shared, form: "static", name: memberName(what), target: on, className };
    }
    default:
      return { ...shared, form: "method", name: "__invoke", target: what, className: undefined };
  }
}

function memberName(lookup: PhpNode | undefined): string {
  const offset = child(lookup, "offset");
  return offset?.kind === "identifier" ? (nameOf(offset) ?? "").toLowerCase() : "";
}

/** What encloses a node, from the inside out. */
export function ancestorsOf(_file: PhpFile, node: PhpNode): readonly PhpNode[] {
  return enclosing(node);
}

/** The nearest function around a node, closures included. */
export function functionOf(file: PhpFile, node: PhpNode): PhpFunction | undefined {
  const above = nearestAbove(node, FUNCTION_KINDS);
  return above === undefined ? undefined : builtIndex(file).functionByNode.get(above);
}

const NAMED_FUNCTION_KINDS: ReadonlySet<string> = new Set(["function", "method"]);

/** The nearest function or method with a name around a node: closures count as part of it. */
export function namedFunctionOf(file: PhpFile, node: PhpNode): PhpFunction | undefined {
  const above = nearestAbove(node, NAMED_FUNCTION_KINDS);
  return above === undefined ? undefined : builtIndex(file).functionByNode.get(above);
}

export function classOf(file: PhpFile, node: PhpNode): PhpClass | undefined {
  const above = nearestAbove(node, CLASS_KINDS);
  return above === undefined ? undefined : builtIndex(file).classByNode.get(above);
}

/** Calls within a node. */
export function callsInside(file: PhpFile, outer: PhpNode): readonly PhpCall[] {
  const start = offsetOf(outer);
  const end = endOf(outer);
  return builtIndex(file).calls.filter(({ node }) => offsetOf(node) >= start && endOf(node) <= end);
}

/** The argument at a position, or by its name; the value, not the wrapper around a named one. */
export function argumentOf(call: PhpCall, index: number, name?: string): PhpNode | undefined {
  for (const [at, argument] of call.arguments.entries()) {
    if (argument.kind === "namedargument") {
      if (name !== undefined && nameOf(argument) === name) return child(argument, "value");
    } else if (at === index) {
      return argument;
    }
  }
  return undefined;
}
