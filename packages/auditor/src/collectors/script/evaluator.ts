/**
 * Evaluation of expressions for production, across files and without running anything: what cannot be
 * followed is said to be unknown, with the reason.
 * @module
 */
import ts from "typescript";
import { callValue } from "./evaluate-call.ts";
import { arrayLiteral, objectLiteral } from "./evaluate-literal.ts";
import { memberOfThis } from "./evaluate-member.ts";
import { declared, fileValue, moduleValue } from "./evaluate-module.ts";
import { binary, template } from "./evaluate-operator.ts";
import { environmentVariable, SAYS_SECURE, variableValue } from "./evaluate-variable.ts";
import { type Evaluator, type Frame, NO_FRAME, type Surroundings } from "./evaluation.ts";
import { placeOf, textOf } from "./script-file.ts";
import { bindingOf } from "./script-scope.ts";
import { bare, chainOf, isFunctionNode } from "./script-syntax.ts";
import { literal, property, shipped, truthOf, unknown, type Value } from "./script-value.ts";

const MAX_DEPTH = 60;
/** For one question: more means that everything there depends on everything else. */
const MAX_STEPS = 4000;
/** For one application. */
const MAX_TOTAL_STEPS = 1_500_000;

/** @returns An evaluator whose work is bounded, however its application is written. */
export function createEvaluator(surroundings: Surroundings): Evaluator {
  const answers = new Map<ts.Node, Value>();
  /** Answers to whole questions that rested on something unfinished: good where nothing is unfinished. */
  const passing = new Map<ts.Node, Value>();
  const active = new Set<ts.Node>();
  const partial = new Map<ts.Node, Value>();
  let unfinished = new Set<ts.Node | "limit">();
  let depth = 0;
  let steps = 0;
  let total = 0;

  const evaluator: Evaluator = {
    surroundings,
    partial,
    evaluate(node, frame = NO_FRAME) {
      const known = frame.size === 0 && partial.size === 0 ? passing.get(node) : undefined;
      if (known !== undefined) return known;
      if (active.has(node) && frame.size === 0) {
        unfinished.add(node);
        return unknown("refers to itself", placeOf(node));
      }
      const value = evaluator.once(node, frame, () => {
        steps += 1;
        total += 1;
        const isTooDeep = depth >= MAX_DEPTH;
        if (isTooDeep || steps > MAX_STEPS || total > MAX_TOTAL_STEPS) {
          unfinished.add("limit");
          if (total > MAX_TOTAL_STEPS) {
            const file = node.getSourceFile().fileName;
            surroundings.tree.report({ file, why: "takes more steps to follow than are taken" });
          }
          const why = isTooDeep ? "is nested too deep to follow" : "takes too long to follow";
          return unknown(why, placeOf(node));
        }
        depth += 1;
        active.add(node);
        const found = compute(evaluator, node, frame);
        active.delete(node);
        depth -= 1;
        return found;
      });
      if (depth === 0) {
        steps = 0;
        if (frame.size === 0 && partial.size === 0) passing.set(node, value);
      }
      return value;
    },
    once(node, frame, computed) {
      const known = frame.size === 0 ? answers.get(node) : undefined;
      if (known !== undefined) return known;
      const around = unfinished;
      unfinished = new Set();
      const value = computed();
      unfinished.delete(node);
      if (frame.size === 0 && unfinished.size === 0) answers.set(node, value);
      for (const one of unfinished) around.add(one);
      unfinished = around;
      return value;
    },
    restsOn: (one) => void unfinished.add(one),
    moduleValue: (from, specifier, name, node) =>
      moduleValue(evaluator, from, specifier, name, node),
    fileValue: (file, name, node) => fileValue(evaluator, file, name, node),
    declared: (node, frame = NO_FRAME) => declared(evaluator, node, frame),
  };
  return evaluator;
}

function compute(evaluator: Evaluator, expression: ts.Expression, frame: Frame): Value {
  const node = bare(expression);
  const place = placeOf(node);
  if (ts.isStringLiteralLike(node)) return literal(node.text, placeOf(node, true));
  if (ts.isNumericLiteral(node)) return literal(Number(node.text), placeOf(node, true));
  if (ts.isBigIntLiteral(node)) return literal(Number(node.text.slice(0, -1)), placeOf(node, true));
  switch (node.kind) {
    case ts.SyntaxKind.TrueKeyword:
      return literal(true, placeOf(node, true));
    case ts.SyntaxKind.FalseKeyword:
      return literal(false, placeOf(node, true));
    case ts.SyntaxKind.NullKeyword:
      return literal(null, placeOf(node, true));
  }
  if (ts.isVoidExpression(node)) return literal(undefined, place);
  if (ts.isTemplateExpression(node)) return template(evaluator, node, frame);
  if (ts.isObjectLiteralExpression(node)) return objectLiteral(evaluator, node, frame);
  if (ts.isArrayLiteralExpression(node)) return arrayLiteral(evaluator, node, frame);
  if (isFunctionNode(node)) return { kind: "function", node, place };
  if (ts.isClassExpression(node)) return { kind: "class", node, place, isInstance: false };
  if (ts.isPrefixUnaryExpression(node)) return prefix(evaluator, node, frame);
  if (ts.isBinaryExpression(node)) return binary(evaluator, node, frame);
  if (ts.isConditionalExpression(node)) {
    const isTrue = truthOf(evaluator.evaluate(node.condition, frame));
    if (isTrue === undefined) {
      const [left, right] = [node.whenTrue, node.whenFalse].map((one) =>
        evaluator.evaluate(one, frame),
      );
      if (left?.kind === "literal" && right?.kind === "literal" && left.value === right.value) {
        return left;
      }
      if (left?.kind === "literal" && SAYS_SECURE.test(node.condition.getText())) {
        return { ...left, inProduction: true };
      }
      return unknown(`depends on ${textOf(node.condition)}`, place);
    }
    const chosen = evaluator.evaluate(isTrue ? node.whenTrue : node.whenFalse, frame);
    return withDependence(evaluator.evaluate(node.condition, frame), chosen);
  }
  if (ts.isIdentifier(node)) return identifier(evaluator, node, frame);
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    return member(evaluator, node, frame);
  }
  if (ts.isCallExpression(node) || ts.isNewExpression(node))
    return callValue(evaluator, node, frame);
  if (node.kind === ts.SyntaxKind.ThisKeyword) return unknown("is an object of a class", place);
  return unknown("is an expression that is not followed", place);
}

/** A choice by the environment is marked on what was chosen. */
function withDependence(condition: Value, chosen: Value): Value {
  if (chosen.kind !== "literal" || condition.kind !== "literal") return chosen;
  return {
    ...chosen,
    ...(condition.inProduction && { inProduction: true as const }),
    ...(condition.unset !== undefined && { unset: condition.unset }),
  };
}

function prefix(evaluator: Evaluator, node: ts.PrefixUnaryExpression, frame: Frame): Value {
  const operand = evaluator.evaluate(node.operand, frame);
  const effective = shipped(operand);
  if (node.operator === ts.SyntaxKind.ExclamationToken) {
    const isTrue = truthOf(operand);
    if (isTrue === undefined) return unknown("negates something unknown", placeOf(node));
    const unset = effective.kind === "environment" ? effective.name : undefined;
    return literal(!isTrue, placeOf(node), {
      ...(effective.kind === "literal" && effective.inProduction && { inProduction: true }),
      ...(effective.kind === "literal" &&
        effective.unset !== undefined && { unset: effective.unset }),
      ...(unset !== undefined && { unset }),
    });
  }
  if (effective.kind !== "literal") return operand;
  if (node.operator === ts.SyntaxKind.MinusToken) {
    return literal(-Number(effective.value), placeOf(node));
  }
  if (node.operator === ts.SyntaxKind.PlusToken) {
    return literal(Number(effective.value), placeOf(node));
  }
  return unknown("is an expression that is not followed", placeOf(node));
}

function identifier(evaluator: Evaluator, node: ts.Identifier, frame: Frame): Value {
  if (node.text === "undefined") return literal(undefined, placeOf(node));
  const file = node.getSourceFile().fileName;
  const binding = bindingOf(node);
  if (binding === undefined) {
    if (node.text === "__dirname")
      return literal(
        `/${file.slice(0, file.lastIndexOf("/") + 1)}`.replace(/(.)\/$/, "$1"),
        placeOf(node),
      );
    if (node.text === "__filename") return literal(`/${file}`, placeOf(node));
    return { kind: "external", module: "global", path: [node.text], place: placeOf(node) };
  }
  switch (binding.kind) {
    case "function":
      return { kind: "function", node: binding.node, place: placeOf(binding.node) };
    case "class":
      return { kind: "class", node: binding.node, place: placeOf(binding.node), isInstance: false };
    case "import":
      return moduleValue(evaluator, file, binding.module, binding.name, node);
    case "enum":
      return declared(evaluator, binding.node, frame);
    default:
      return variableValue(evaluator, node, binding, frame);
  }
}

function member(
  evaluator: Evaluator,
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
  frame: Frame,
): Value {
  const key = ts.isPropertyAccessExpression(node)
    ? node.name.text
    : shippedText(evaluator.evaluate(node.argumentExpression, frame));
  const place = placeOf(node);
  if (key === undefined) return unknown("is looked up by a name that is computed", place);
  const chain = chainOf(node);
  if (chain?.[0] === "process" && chain[1] === "env" && chain.length === 3) {
    return environmentVariable(evaluator, key, node);
  }
  if (/^(?:import\.meta|Bun|Deno)\.env\.\w+$/.test(node.getText())) {
    return environmentVariable(evaluator, key, node);
  }
  if (node.getText() === "import.meta.dirname") {
    const { fileName } = node.getSourceFile();
    return literal(`/${fileName.slice(0, Math.max(0, fileName.lastIndexOf("/")))}`, place);
  }
  const object = bare(node.expression);
  if (object.kind === ts.SyntaxKind.ThisKeyword || (ts.isIdentifier(object) && isSelf(object))) {
    return memberOfThis(evaluator, node, key, frame);
  }
  const found = property(evaluator.evaluate(node.expression, frame), key);
  // What a plug-in put on an instance is not of the package that made the instance.
  const isOfInstance =
    found.kind === "call" && found.module === "fastify" && found.path.at(-2) === "config";
  const isSettled =
    found.kind !== "unknown" &&
    !isOfInstance &&
    !(found.kind === "external" && SETTINGS.test(found.module));
  if (isSettled) return found;
  if (found.kind === "external") {
    return evaluator.surroundings.setting(found.path) ?? found;
  }
  // An environment checked elsewhere and handed around: fastify.config.NAME, env.NAME.
  const isVariableLike = /^[A-Z][A-Z0-9_]+$/.test(key);
  const checked = isVariableLike ? evaluator.surroundings.schemaDefault(key) : undefined;
  if (checked !== undefined) return checked;
  const isOfFastify =
    isVariableLike && /^(?:fastify|app|server|instance)\.config$/.test(object.getText());
  return isOfFastify && evaluator.surroundings.isLeftOut(key) ? literal(undefined, place) : found;
}

/** Packages that read the files in `config/`: the known one, and a workspace's own. */
const SETTINGS = /^config$|^@[\w-]+\/(?:settings|config)$/;

function isSelf(node: ts.Identifier): boolean {
  return (node.text === "self" || node.text === "that") && node.parent !== undefined;
}

function shippedText(value: Value): string | undefined {
  const effective = shipped(value);
  return effective.kind === "literal" && effective.value !== undefined
    ? String(effective.value)
    : undefined;
}
