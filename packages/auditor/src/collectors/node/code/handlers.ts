/**
 * From a place in the code to the handlers of requests that come by it.
 * @module
 */
import ts from "typescript";
import type { ScriptProject } from "../../script/script-project.ts";
import {
  type FunctionNode,
  functionAround,
  isFunctionNode,
  isWithin,
} from "../../script/script-syntax.ts";
import { handlerOf } from "./call-targets.ts";
import { type Flow, type FlowEvent, flowOf } from "./flow.ts";
import { routesTo } from "./routes.ts";

const REQUEST_LIKE = /^(?:_?\w*req|_?\w*request|\w*ctx|\w*context|c|evt|event|session|socket)$/i;
const MAX_CLIMB = 3;
const MAX_CALLERS = 6;

/** Whether a function is given a request, a context or a session. */
export function takesRequest(node: FunctionNode): boolean {
  return node.parameters.some((parameter) => {
    const text = parameter.getText();
    if (/@(?:Req|Request|Session|Res|Body|Ctx)\(/.test(text)) return true;
    if (ts.isIdentifier(parameter.name)) return REQUEST_LIKE.test(parameter.name.text);
    return /\b(?:req|request|session|cookies|ctx|locals)\b/.test(parameter.name.getText());
  });
}

/** The outermost function around a node that is given a request; else the innermost with a name of its own. */
export function handlerAround(node: ts.Node): FunctionNode | undefined {
  let found: FunctionNode | undefined;
  let innermost: FunctionNode | undefined;
  for (
    let at = isFunctionNode(node) ? node : functionAround(node);
    at !== undefined;
    at = functionAround(at)
  ) {
    innermost ??= at;
    if (takesRequest(at)) found = at;
    // What a class or a registering function around it takes is not for this request.
    if (ts.isMethodDeclaration(at) || ts.isFunctionDeclaration(at)) {
      if (!isCallbackOnly(at)) innermost = found ?? at;
    }
  }
  return found ?? innermost;
}

function isCallbackOnly(node: FunctionNode): boolean {
  return ts.isCallExpression(node.parent);
}

export interface Root {
  readonly handler: FunctionNode;
  /** The node in the handler, or in what it calls. */
  readonly node: ts.Node;
}

/** The handlers that reach a node, by the callers of the functions between. */
export function rootsOf(project: ScriptProject, node: ts.Node): readonly Root[] {
  const roots: Root[] = [];
  const seen = new Set<ts.Node>();
  const climb = (at: ts.Node, depth: number): void => {
    const handler = handlerAround(at);
    if (handler === undefined || seen.has(handler)) return;
    seen.add(handler);
    const isRoute = isGuard(handler) || routesTo(project, handler).length > 0;
    const { length } = roots;
    const calls = isRoute || depth >= MAX_CLIMB ? [] : project.callsOf(handler);
    const near = calls.filter((call) => handlerAround(call) !== handler).slice(0, MAX_CALLERS);
    if (near.length === 0) roots.push({ handler, node });
    for (const call of near) {
      if (handlerAround(call) === undefined) roots.push({ handler, node });
      else climb(call, depth + 1);
    }
    // Callers in a circle: nobody else is known to come here.
    if (depth === 0 && roots.length === length) roots.push({ handler, node });
  };
  climb(node, 0);
  return roots;
}

/** What Nest calls before a route: a call by another guard is of the class that it extends. */
function isGuard(node: FunctionNode): boolean {
  return ts.isMethodDeclaration(node) && node.name.getText() === "canActivate";
}

/** Everything that happens for a request: what stands before the handler on its route, then the handler. */
export function requestFlow(project: ScriptProject, handler: FunctionNode): Flow {
  const own = flowOf(project, handler);
  const [route] = routesTo(project, handler);
  if (route === undefined || route.handlers.length < 2) return own;
  const events: FlowEvent[] = [];
  const words = new Set<string>(own.words);
  let isFound = false;
  for (const argument of route.handlers) {
    const other = handlerOf(project, argument);
    const flow = other === undefined ? undefined : other === handler ? own : flowOf(project, other);
    if (other === handler) isFound = true;
    if (flow === undefined) continue;
    events.push(...flow.events);
    for (const word of flow.words) words.add(word);
  }
  return isFound ? { events, words } : own;
}

/** Where a reader of the handler sees it: the node itself, or the call that leads to it. */
export function shownAt(handler: FunctionNode, event: FlowEvent): ts.Node {
  return isWithin(event.node, handler) ? event.node : (event.trail[0] ?? event.node);
}
