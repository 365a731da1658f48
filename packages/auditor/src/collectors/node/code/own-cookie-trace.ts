/**
 * Where the value of an expression comes from, through variables, the application's own functions, and what it
 * keeps in a store.
 * @module
 */
import ts from "typescript";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf, usesOf } from "../../script/script-scope.ts";
import {
  bare,
  calleeName,
  type FunctionNode,
  isFunctionNode,
  propertyName,
} from "../../script/script-syntax.ts";
import { shipped } from "../../script/script-value.ts";
import { ownTargets, resultsOf } from "./own-cookie-targets.ts";

export interface KeptField {
  readonly call: ts.CallExpression | ts.NewExpression;
  readonly key: string;
}

/** One end of a trail: an expression that leads no further. */
export interface Source {
  readonly node: ts.Expression;
  /** What was passed on the way: expressions that all hold the value. */
  readonly way: readonly ts.Node[];
  /** The call that keeps it and the field it is kept in, where the value was taken from what was kept. */
  readonly kept: KeptField | undefined;
  /** The number that the call at the end is given first. */
  readonly amount?: number;
}

const MAX_STEPS = 400;
const MAX_WAY = 24;
const MAX_CALLERS = 4;
/** Calls that hand back what they are called on, in another form. */
const SAME =
  /^(?:toString|replace|replaceAll|slice|substring|substr|trim|toLowerCase|toUpperCase|compact|valueOf)$/;
/** Calls that make a record of what they are given. */
export const KEEPS: RegExp =
  /^(?:create|insert|insertOne|save|build|add|put|set|setex|setEx|hset|hSet|hmset|push|values|upsert|insertInto|run|query|execute|raw|\$executeRaw|write|store|findOneAndUpdate|updateOne|update|findByIdAndUpdate)$/;
/** What an expression's value is made by. `isEnd` says which calls are looked for. */
export function sourcesOf(
  project: ScriptProject,
  node: ts.Expression,
  isEnd: (call: ts.CallExpression | ts.NewExpression) => boolean,
): readonly Source[] {
  const trail = new Trail(project, isEnd);
  trail.follow(node, [], [], undefined);
  return trail.found;
}

class Trail {
  readonly found: Source[] = [];
  readonly #project: ScriptProject;
  readonly #isEnd: (call: ts.CallExpression | ts.NewExpression) => boolean;
  /** The call by which a function was entered: its parameters are that call's arguments. */
  readonly #entered = new Map<FunctionNode, ts.CallExpression>();
  #steps = 0;

  constructor(
    project: ScriptProject,
    isEnd: (call: ts.CallExpression | ts.NewExpression) => boolean,
  ) {
    this.#project = project;
    this.#isEnd = isEnd;
  }

  follow(
    expression: ts.Expression,
    path: readonly string[],
    before: readonly ts.Node[],
    kept: Source["kept"],
  ): void {
    const node = bare(expression);
    this.#steps += 1;
    if (this.#steps > MAX_STEPS || before.length > MAX_WAY || before.includes(node)) return;
    const way = [...before, node];
    const on = (next: ts.Expression, rest: readonly string[] = path): void =>
      this.follow(next, rest, way, kept);
    const end = (): void => void this.found.push({ node, way, kept });
    if (ts.isIdentifier(node)) this.#name(node, path, way, kept);
    else if (ts.isPropertyAccessExpression(node)) on(node.expression, [node.name.text, ...path]);
    else if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression))
      on(node.expression, [node.argumentExpression.text, ...path]);
    else if (ts.isObjectLiteralExpression(node)) {
      const value = path[0] === undefined ? undefined : propertyOf(node, path[0]);
      if (value !== undefined) on(value, path.slice(1));
      else {
        const spread = node.properties.find(ts.isSpreadAssignment);
        if (path.length > 0 && spread !== undefined) on(spread.expression);
        else end();
      }
    } else if (ts.isArrayLiteralExpression(node)) {
      const item = node.elements[Number(path[0] ?? Number.NaN)];
      if (item !== undefined) on(item, path.slice(1));
      else end();
    } else if (ts.isTemplateExpression(node))
      for (const span of node.templateSpans) on(span.expression);
    else if (ts.isConditionalExpression(node)) {
      on(node.whenTrue);
      on(node.whenFalse);
    } else if (ts.isBinaryExpression(node)) {
      if (node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) on(node.left);
      on(node.right);
    } else if (ts.isCallExpression(node) || ts.isNewExpression(node))
      this.#call(node, path, way, kept);
    else end();
  }

  #name(
    node: ts.Identifier,
    path: readonly string[],
    way: readonly ts.Node[],
    kept: Source["kept"],
  ): void {
    const binding = bindingOf(node);
    if (binding?.kind === "variable") {
      const { initializer } = binding.node;
      if (initializer !== undefined)
        this.follow(initializer, [...binding.path, ...path], way, kept);
      for (const use of initializer === undefined ? usesOf(node.text, binding) : []) {
        const { parent } = use;
        const isAssigned =
          ts.isBinaryExpression(parent) &&
          parent.left === use &&
          parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
        if (isAssigned) this.follow(parent.right, path, way, kept);
      }
      return;
    }
    if (binding?.kind !== "parameter") {
      this.found.push({ node, way, kept });
      return;
    }
    const around = binding.node.parent;
    if (!isFunctionNode(around)) return;
    const rest = [...binding.path, ...path];
    const index = around.parameters.indexOf(binding.node);
    const entered = this.#entered.get(around);
    if (entered !== undefined) {
      const argument = entered.arguments[index];
      if (argument !== undefined) this.follow(argument, rest, way, kept);
      return;
    }
    const call = around.parent;
    if (ts.isCallExpression(call) && call.arguments.includes(around as ts.Expression)) {
      // sign(payload, secret, (error, token) => …) and promise.then((token) => …)
      const callee = bare(call.expression);
      const isThen = calleeName(call) === "then" && ts.isPropertyAccessExpression(callee);
      if (isThen) this.follow(callee.expression, rest, way, kept);
      else if (index === 1 || this.#isEnd(call)) this.follow(call, rest, way, kept);
      return;
    }
    for (const one of this.#project.callsOf(around).slice(0, MAX_CALLERS)) {
      const argument = one.arguments?.[index];
      if (argument !== undefined) this.follow(argument, rest, way, kept);
    }
  }

  #call(
    node: ts.CallExpression | ts.NewExpression,
    path: readonly string[],
    way: readonly ts.Node[],
    kept: Source["kept"],
  ): void {
    const [first] = node.arguments ?? [];
    if (this.#isEnd(node)) {
      const amount = first && this.#number(first, way);
      this.found.push({ node, way, kept, ...(amount !== undefined && { amount }) });
      return;
    }
    const name = calleeName(node) ?? "";
    const callee = bare(node.expression);
    const owner = ts.isPropertyAccessExpression(callee) ? callee.expression : undefined;
    if (owner?.getText() === "Promise" && first !== undefined) {
      this.follow(first, path, way, kept);
      return;
    }
    if (owner !== undefined && SAME.test(name)) {
      this.follow(owner, path, way, kept);
      return;
    }
    const targets = ts.isCallExpression(node) ? ownTargets(this.#project, node) : [];
    for (const target of targets) {
      if (this.#entered.has(target) || !ts.isCallExpression(node)) continue;
      this.#entered.set(target, node);
      for (const result of resultsOf(target)) this.follow(result, path, way, kept);
      this.#entered.delete(target);
    }
    if (targets.length > 0) return;
    // The record that was made has what it was made of.
    const key = path[0];
    if (key !== undefined && (ts.isNewExpression(node) || KEEPS.test(name))) {
      for (const argument of node.arguments ?? []) {
        const object = bare(argument);
        if (!ts.isObjectLiteralExpression(object)) continue;
        const data = propertyOf(object, "data");
        const inner = data && bare(data);
        const record = inner !== undefined && ts.isObjectLiteralExpression(inner) ? inner : object;
        const value = propertyOf(record, key);
        if (value !== undefined) this.follow(value, path.slice(1), way, { call: node, key });
      }
      return;
    }
    if (ts.isIdentifier(callee) && first !== undefined && path.length === 0) {
      // encodeURIComponent(token), String(token)
      const value = this.#project.evaluator.evaluate(callee);
      if (value.kind === "external" && value.module === "global") {
        this.follow(first, path, way, kept);
        return;
      }
    }
    this.found.push({ node, way, kept });
  }

  /** A number as it is for the calls that were entered: `randomBytes(length)` of `generate(32)`. */
  #number(node: ts.Expression, way: readonly ts.Node[]): number | undefined {
    const direct = shipped(this.#project.evaluator.evaluate(node));
    if (direct.kind === "literal" && typeof direct.value === "number") return direct.value;
    const before = this.found.length;
    this.follow(node, [], way, undefined);
    const [own] = this.found.splice(before);
    return own !== undefined && ts.isNumericLiteral(own.node) ? Number(own.node.text) : undefined;
  }
}

function propertyOf(object: ts.ObjectLiteralExpression, key: string): ts.Expression | undefined {
  const item = object.properties.find((one) => propertyName(one.name) === key);
  if (item === undefined) return undefined;
  if (ts.isShorthandPropertyAssignment(item)) return item.name;
  return ts.isPropertyAssignment(item) ? item.initializer : undefined;
}
