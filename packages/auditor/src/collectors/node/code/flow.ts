/**
 * What happens in a handler, in the order in which it happens: callbacks after the call they are given to,
 * the application's own functions where they are called.
 * @module
 */
import ts from "typescript";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, type FunctionNode, isFunctionNode } from "../../script/script-syntax.ts";
import { namedBy, targetsOf } from "./call-targets.ts";
import {
  callKind,
  expressionKind,
  type FlowKind,
  isLogInMention,
  isNewAccount,
} from "./flow-events.ts";
import { isSession, keyOfSession, sessionActs } from "./session-access.ts";

export interface FlowEvent {
  readonly kind: FlowKind;
  readonly node: ts.Node;
  /** The calls on the way from the handler to the node. */
  readonly trail: readonly ts.Node[];
  /** Of the session. */
  readonly key?: string;
  readonly value?: ts.Expression;
}

export interface Flow {
  readonly events: readonly FlowEvent[];
  /** Names and texts of everything that was walked through. */
  readonly words: ReadonlySet<string>;
}

const MAX_EVENTS = 3000;
const MAX_NODES = 40_000;
const MAX_DEPTH = 6;
/** Nobody nests further; who does wants the stack to run out. */
const MAX_NESTING = 400;
/** For one application: who writes more wants us to be busy. */
const MAX_TOTAL_NODES = 3_000_000;

interface Flows {
  readonly known: Map<FunctionNode, Flow>;
  /** By how many calls deep they are: functions are reached by many ways, and walked through once. */
  readonly bodies: readonly Map<FunctionNode, Body>[];
  /** Nodes that may still be walked through. */
  left: number;
}

/** What happens in one function, with trails from there on. */
interface Body {
  readonly events: readonly FlowEvent[];
  readonly words: ReadonlySet<string>;
  readonly nodes: number;
}

const flows = new WeakMap<ScriptProject, Flows>();

export function flowOf(project: ScriptProject, root: FunctionNode): Flow {
  const all = flows.get(project) ?? newFlows();
  flows.set(project, all);
  const found = all.known.get(root);
  if (found !== undefined) return found;
  const walk = new Walk(project, Math.min(MAX_NODES, all.left), all.bodies);
  if (root.body !== undefined) walk.body(root, []);
  all.left -= walk.visited;
  if (all.left <= 0) {
    const { fileName } = root.getSourceFile();
    project.tree.report({ file: fileName, why: "holds more code than is followed" });
  }
  const flow = { events: walk.events, words: walk.words };
  all.known.set(root, flow);
  return flow;
}

function newFlows(): Flows {
  const bodies = Array.from({ length: MAX_DEPTH + 1 }, () => new Map<FunctionNode, Body>());
  return { known: new Map(), bodies, left: MAX_TOTAL_NODES };
}

class Walk {
  events: FlowEvent[] = [];
  words: Set<string> = new Set();
  readonly #project: ScriptProject;
  readonly #open = new Set<FunctionNode>();
  readonly #limit: number;
  readonly #bodies: readonly Map<FunctionNode, Body>[];
  /** With what was walked through before and counts again. */
  nodes = 0;
  visited = 0;
  #depth = 0;
  /** Calls back into what is being walked through, which depend on who asked. */
  #circles = 0;

  constructor(project: ScriptProject, limit: number, bodies: readonly Map<FunctionNode, Body>[]) {
    this.#project = project;
    this.#limit = limit;
    this.#bodies = bodies;
  }

  body(node: FunctionNode, trail: readonly ts.Node[]): void {
    const known = this.#bodies[trail.length];
    if (node.body === undefined || known === undefined) return;
    if (this.#open.has(node)) {
      this.#circles += 1;
      return;
    }
    const found = known.get(node) ?? this.#walked(node, node.body, trail, known);
    this.#take(found, trail);
  }

  /** Kept for the next that asks, unless it was not walked through to its end or depends on who asked. */
  #walked(
    node: FunctionNode,
    body: ts.Node,
    trail: readonly ts.Node[],
    known: Map<FunctionNode, Body>,
  ): Body {
    const { events, words, nodes } = this;
    const circles = this.#circles;
    this.events = [];
    this.words = new Set();
    this.#open.add(node);
    this.#visit(body, trail);
    this.#open.delete(node);
    const found: Body = {
      events: this.events.map((one) => ({ ...one, trail: one.trail.slice(trail.length) })),
      words: this.words,
      nodes: this.nodes - nodes,
    };
    this.events = events;
    this.words = words;
    this.nodes = nodes;
    const isWhole = this.nodes + found.nodes <= this.#limit && this.#circles === circles;
    if (isWhole) known.set(node, found);
    return found;
  }

  #take({ events, words, nodes }: Body, trail: readonly ts.Node[]): void {
    this.nodes += nodes;
    for (const one of events) {
      if (this.events.length >= MAX_EVENTS) break;
      this.events.push(trail.length === 0 ? one : { ...one, trail: [...trail, ...one.trail] });
    }
    for (const word of words) this.words.add(word);
  }

  #add(
    kind: FlowKind,
    node: ts.Node,
    trail: readonly ts.Node[],
    extra?: { key: string; value?: ts.Expression },
  ): void {
    if (this.events.length < MAX_EVENTS) this.events.push({ kind, node, trail, ...extra });
  }

  #visit(node: ts.Node, trail: readonly ts.Node[]): void {
    this.nodes += 1;
    this.visited += 1;
    if (this.nodes > this.#limit || this.#depth > MAX_NESTING) return;
    this.#depth += 1;
    this.#look(node, trail);
    this.#depth -= 1;
  }

  #look(node: ts.Node, trail: readonly ts.Node[]): void {
    if (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) this.words.add(node.text);
    // A function that is only defined here happens where it is called.
    if (isFunctionNode(node) || ts.isClassLike(node) || ts.isTypeNode(node)) return;
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      this.#call(node, trail);
      return;
    }
    if (ts.isBinaryExpression(node)) {
      this.#binary(node, trail);
      return;
    }
    if (ts.isPropertyAccessExpression(node)) {
      if (isLogInMention(node)) this.#add("log-in", node, trail);
      this.#acts(node, trail);
      const isRead = isSession(node.expression);
      if (isRead) this.#add("read", node, trail, { key: node.name.text });
    }
    if (ts.isDeleteExpression(node)) this.#acts(node, trail);
    ts.forEachChild(node, (child) => this.#visit(child, trail));
  }

  #binary(node: ts.BinaryExpression, trail: readonly ts.Node[]): void {
    const isAssignment = node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    if (!isAssignment) this.#visit(node.left, trail);
    this.#visit(node.right, trail);
    if (isAssignment && keyOfSession(node.left) === undefined && !ts.isIdentifier(node.left)) {
      ts.forEachChild(node.left, (child) => this.#visit(child, trail));
    }
    this.#acts(node, trail);
    const kind = expressionKind(node);
    if (kind === undefined) return;
    const target = ts.isPropertyAccessExpression(node.left)
      ? bare(node.left.expression)
      : undefined;
    const isNew = target !== undefined && ts.isIdentifier(target) && isNewAccount(target);
    if (!(kind === "password-set" && isNew)) this.#add(kind, node, trail);
  }

  #acts(node: ts.Node, trail: readonly ts.Node[]): boolean {
    const acts = sessionActs(node);
    for (const one of acts) {
      if (one.act === "write") {
        this.#add("write", node, trail, { key: one.key, ...(one.value && { value: one.value }) });
      } else if (one.act === "remove") this.#add("remove", node, trail, { key: one.key });
      else this.#add(one.act, node, trail);
    }
    return acts.length > 0;
  }

  #call(node: ts.CallExpression | ts.NewExpression, trail: readonly ts.Node[]): void {
    const callee = bare(node.expression);
    const list = node.arguments ?? [];
    const callbacks = list.filter((one) => isFunctionNode(bare(one)));
    if (isFunctionNode(callee)) {
      for (const argument of list) this.#visit(argument, trail);
      this.body(callee, trail);
      return;
    }
    if (ts.isIdentifier(callee)) this.words.add(callee.text);
    else if (ts.isCallExpression(callee)) this.#visit(callee, trail);
    else ts.forEachChild(callee, (child) => this.#visit(child, trail));
    // promisify(req.session.regenerate).call(…): the mention stands for the call.
    if (ts.isPropertyAccessExpression(callee)) {
      const inner = bare(callee.expression);
      if (ts.isPropertyAccessExpression(inner)) {
        if (isLogInMention(inner)) this.#add("log-in", inner, trail);
        this.#acts(inner, trail);
      }
    }
    for (const argument of list) if (!callbacks.includes(argument)) this.#visit(argument, trail);
    const isAct = this.#acts(node, trail);
    const kind = isAct ? undefined : callKind(this.#project.evaluator, node);
    if (kind !== undefined) this.#add(kind, node, trail);
    const isLeaf = isAct || kind === "log" || kind === "log-in" || kind === "log-out";
    if (!isLeaf) for (const target of this.#targets(node)) this.body(target, [...trail, node]);
    for (const one of callbacks) {
      const inner = bare(one);
      if (isFunctionNode(inner)) this.body(inner, trail);
    }
    for (const argument of list) this.#handedOn(argument, trail, node);
  }

  /** A function given by its name is called by whoever takes it. */
  #handedOn(argument: ts.Expression, trail: readonly ts.Node[], call: ts.Node): void {
    const node = bare(argument);
    if (!ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node)) return;
    if (ts.isPropertyAccessExpression(node) && isSession(node.expression)) return;
    const targets = namedBy(this.#project, node);
    if (targets.length === 1) for (const one of targets) this.body(one, [...trail, call]);
  }

  #targets(node: ts.CallExpression | ts.NewExpression): readonly FunctionNode[] {
    if (ts.isNewExpression(node)) return [];
    return targetsOf(this.#project, node);
  }
}
