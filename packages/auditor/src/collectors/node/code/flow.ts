/**
 * What happens in a handler, in the order in which it happens: callbacks after the call they are given to,
 * the application's own functions where they are called.
 * @module
 */
import ts from "typescript";
import type { ScriptProject } from "../../script/script-project.ts";
import { functionIn } from "../../script/script-project.ts";
import { bare, calleeName, type FunctionNode, isFunctionNode } from "../../script/script-syntax.ts";
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
/** Methods of libraries and the language: a function of the application by that name is another. */
const NOT_OURS =
  /^(?:then|catch|finally|map|forEach|filter|reduce|some|every|find|push|pop|slice|split|join|json|send|render|redirect|status|end|next|on|once|emit|use|get|set|post|put|patch|delete|log|info|warn|error|toString|trim|test|match|replace|includes|keys|values|entries|exec|save|bind|call|apply|resolve|reject|all|write|pipe|add|has|update|create|remove|insert|query|run|connect|close|listen|parse|stringify|assign|header|code|type|cookie)$/;

/** For one application: who writes more wants us to be busy. */
const MAX_TOTAL_NODES = 3_000_000;

interface Flows {
  readonly known: Map<FunctionNode, Flow>;
  /** Nodes that may still be walked through. */
  left: number;
}

const flows = new WeakMap<ScriptProject, Flows>();

export function flowOf(project: ScriptProject, root: FunctionNode): Flow {
  const all = flows.get(project) ?? { known: new Map(), left: MAX_TOTAL_NODES };
  flows.set(project, all);
  const found = all.known.get(root);
  if (found !== undefined) return found;
  const walk = new Walk(project, Math.min(MAX_NODES, all.left));
  if (root.body !== undefined) walk.body(root, []);
  all.left -= walk.nodes;
  if (all.left <= 0) {
    const { fileName } = root.getSourceFile();
    project.tree.report({ file: fileName, why: "holds more code than is followed" });
  }
  const flow = { events: walk.events, words: walk.words };
  all.known.set(root, flow);
  return flow;
}

class Walk {
  readonly events: FlowEvent[] = [];
  readonly words = new Set<string>();
  readonly #project: ScriptProject;
  readonly #open = new Set<FunctionNode>();
  readonly #limit: number;
  nodes = 0;
  #depth = 0;

  constructor(project: ScriptProject, limit: number) {
    this.#project = project;
    this.#limit = limit;
  }

  body(node: FunctionNode, trail: readonly ts.Node[]): void {
    if (node.body === undefined || this.#open.has(node) || trail.length > MAX_DEPTH) return;
    this.#open.add(node);
    this.#visit(node.body, trail);
    this.#open.delete(node);
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
    const value = this.#project.evaluator.evaluate(node);
    if (value.kind === "function") this.body(value.node, [...trail, call]);
  }

  #targets(node: ts.CallExpression | ts.NewExpression): readonly FunctionNode[] {
    if (ts.isNewExpression(node)) return [];
    return targetsOf(this.#project, node);
  }
}

/** The application's own functions that a call may reach; none if it is a library's. */
function targetsOf(project: ScriptProject, node: ts.CallExpression): readonly FunctionNode[] {
  const callee = bare(node.expression);
  const value = project.evaluator.evaluate(callee);
  if (value.kind === "function") return [value.node];
  if (value.kind === "external" && value.module !== "global") return [];
  const name = calleeName(node);
  if (name === undefined || !ts.isPropertyAccessExpression(callee) || NOT_OURS.test(name))
    return [];
  const owner = (callee.expression.getText().split(".").at(-1) ?? "").toLowerCase();
  if (/^(?:res|response|reply|console|json|math|object|array|promise|fs|path|crypto)$/.test(owner))
    return [];
  const candidates = project.functionsNamed(name);
  if (candidates.length <= 1) return candidates;
  // Several: the one whose class or file is called like what the method is called on.
  const word = owner.replace(
    /(?:service|repository|repo|dao|manager|controller|helper|model|store)$/,
    "",
  );
  const near = candidates.filter((one) => {
    if (owner === "this" || owner === "self") return one.getSourceFile() === node.getSourceFile();
    const place = `${one.getSourceFile().fileName} ${ts.isClassLike(one.parent) ? (one.parent.name?.text ?? "") : ""}`;
    return (
      word.length > 2 &&
      place
        .toLowerCase()
        .replace(/[^a-z]/g, "")
        .includes(word.replace(/[^a-z]/g, ""))
    );
  });
  if (near.length > 0) return near.slice(0, 3);
  return candidates.length <= 2 ? candidates : [];
}

/** The function that a handler argument stands for, through wrappers. */
export function handlerOf(
  project: ScriptProject,
  argument: ts.Expression,
): FunctionNode | undefined {
  const direct = functionIn(argument);
  if (direct !== undefined) return direct;
  const node = bare(argument);
  const inner = ts.isCallExpression(node) ? (node.arguments[0] ?? node) : node;
  const value = project.evaluator.evaluate(inner);
  if (value.kind === "function") return value.node;
  const chain = ts.isPropertyAccessExpression(node) ? node.name.text : undefined;
  const named = chain === undefined ? [] : project.functionsNamed(chain);
  return named.length === 1 ? named[0] : undefined;
}
