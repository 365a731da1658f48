/**
 * Which functions of the application calls enter, where a value is followed through them.
 * @module
 */
import ts from "typescript";
import { nodesOf } from "../../script/script-file.ts";
import { functionIn, type ScriptProject } from "../../script/script-project.ts";
import { identifiersOf } from "../../script/script-scope.ts";
import { bare, calleeName, type FunctionNode, functionAround } from "../../script/script-syntax.ts";
import { injectedType } from "./call-targets.ts";

/** Names that many things have: a function of that name is another's, unless it is known to be meant. */
const COMMON =
  /^(?:then|catch|map|forEach|filter|find|findOne|get|set|create|save|delete|remove|update|insert|push|sign|verify|json|send|query|run|execute|add|has|use|call|apply|bind|next|on|emit|log|destroy|toString|values|from|where|all|exec|end|close|init)$/;

/** What a function gives back, in its own body. */
export function resultsOf(node: FunctionNode): readonly ts.Expression[] {
  const { body } = node;
  if (body === undefined) return [];
  if (!ts.isBlock(body)) return [body];
  const found: ts.Expression[] = [];
  for (const inner of nodesOf(body)) {
    if (!ts.isReturnStatement(inner) || inner.expression === undefined) continue;
    if (functionAround(inner) === node) found.push(inner.expression);
  }
  return found;
}

/** The application's own functions that a call enters. */
export function ownTargets(
  project: ScriptProject,
  call: ts.CallExpression,
): readonly FunctionNode[] {
  const callee = bare(call.expression);
  const value = project.evaluator.evaluate(callee);
  if (value.kind === "function") return [value.node];
  if (value.kind === "external" || value.kind === "call") return [];
  const name = calleeName(call);
  if (name === undefined || !ts.isPropertyAccessExpression(callee)) return [];
  const candidates = project.functionsNamed(name);
  const type = injectedType(callee.expression);
  const typed = candidates.filter(
    ({ parent }) => type !== undefined && ts.isClassLike(parent) && parent.name?.text === type,
  );
  if (typed.length > 0) return typed.slice(0, 1);
  if (callee.expression.kind === ts.SyntaxKind.ThisKeyword) {
    const own = candidates.filter((one) => one.getSourceFile() === call.getSourceFile());
    if (own.length > 0) return own.slice(0, 1);
  }
  if (COMMON.test(name)) return [];
  if (candidates.length === 1) return candidates;
  return candidates.length === 0 ? decorated(project, name) : [];
}

const decorations = new WeakMap<ScriptProject, ReadonlyMap<string, FunctionNode>>();

/** Fastify: `app.decorate("name", function)`. */
function decorated(project: ScriptProject, name: string): readonly FunctionNode[] {
  let known = decorations.get(project);
  if (known === undefined) {
    known = decorationsOf(project);
    decorations.set(project, known);
  }
  const found = known.get(name);
  return found === undefined ? [] : [found];
}

function decorationsOf(project: ScriptProject): ReadonlyMap<string, FunctionNode> {
  const found = new Map<string, FunctionNode>();
  for (const source of project.filesWith(/\.decorate(?:Request|Reply)?\s*\(/)) {
    for (const decorator of ["decorate", "decorateRequest", "decorateReply"]) {
      for (const use of identifiersOf(source, decorator)) {
        const call = use.parent.parent;
        if (!ts.isCallExpression(call)) continue;
        const [first, second] = call.arguments;
        if (first === undefined || second === undefined || !ts.isStringLiteralLike(first)) continue;
        const value = project.evaluator.evaluate(second);
        const made = functionIn(second) ?? (value.kind === "function" ? value.node : undefined);
        if (made !== undefined) found.set(first.text, made);
      }
    }
  }
  return found;
}

const MAX_FUNCTIONS = 60;

/** Every node that a function runs through, its own functions followed. */
export function* reachedFrom(project: ScriptProject, root: FunctionNode): Generator<ts.Node> {
  const waiting: FunctionNode[] = [root];
  const seen = new Set<FunctionNode>();
  for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
    if (seen.has(node) || seen.size >= MAX_FUNCTIONS || node.body === undefined) continue;
    seen.add(node);
    for (const inner of nodesOf(node)) {
      yield inner;
      if (ts.isCallExpression(inner)) waiting.push(...ownTargets(project, inner));
    }
  }
}
