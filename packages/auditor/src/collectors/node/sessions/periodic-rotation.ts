/**
 * Whether the id of a long session changes from time to time: a time kept in the session that is compared, and a
 * rotation behind it. A cookie whose expiry is renewed keeps its id.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import {
  type FunctionNode,
  functionAround,
  isFunctionNode,
  isWithin,
} from "../../script/script-syntax.ts";
import { property, propertyAt, shipped } from "../../script/script-value.ts";
import { leaves } from "../code/flow-order.ts";
import { handlerAround } from "../code/handlers.ts";
import { isOrder, isUsed } from "../code/in-use.ts";
import { sessionActs } from "../code/session-access.ts";
import type { SetUp } from "./find-setups.ts";

const topic = "periodic-rotation";
const TIME =
  /(?:rotat|regenerat|renew|refresh|issued|created|changed|last|since|_?at\b|At\b|time|age|stamp)/i;
const NOW = /Date\.now\(\)|new Date\b|\bnow\b|getTime\(\)|performance\.now|dayjs\(|moment\(/;

export function periodicRotation(
  project: ScriptProject,
  setUps: readonly SetUp[],
): readonly Observation[] {
  const library = setUps.flatMap(byLibrary);
  if (library.length > 0) return library;
  for (const source of project.filesWith(/regenerate|rotateSession|changeSessionId|cycleId/)) {
    for (const node of nodesOf(source)) {
      if (!sessionActs(node).some(({ act }) => act === "rotate")) continue;
      const handler = handlerAround(node);
      const check = handler && comparisonBefore(handler, node);
      if (check === undefined || !isUsed(project, handler)) continue;
      const what = `${textOf(check)} decides when ${textOf(node, 40)} changes the id.`;
      return [{ topic, place: placeOf(check), kind: "good", what, value: textOf(check) }];
    }
  }
  return [];
}

/** An order of times that leads to the node: around it, or before it with a way out. */
function comparisonBefore(handler: FunctionNode, node: ts.Node): ts.Node | undefined {
  for (const inner of nodesOf(handler)) {
    if (!isOrder(inner) || inner.pos > node.pos || !isOfTimes(inner)) continue;
    if (leadsTo(inner, node)) return inner;
  }
  return undefined;
}

/** Now against a time of the session, or an age computed before. */
function isOfTimes(node: ts.BinaryExpression): boolean {
  const text = node.getText();
  return (
    TIME.test(text) &&
    (NOW.test(text) || /\b\w*[aA]ge\b/.test(text)) &&
    /session|sess\b|[aA]ge\b|At\b|_at\b/.test(text)
  );
}

function leadsTo(check: ts.BinaryExpression, node: ts.Node): boolean {
  for (let at: ts.Node | undefined = check.parent; at !== undefined; at = at.parent) {
    if (ts.isIfStatement(at) && isWithin(check, at.expression)) {
      return isWithin(node, at.thenStatement) || (at.end <= node.pos && leaves(at.thenStatement));
    }
    if (ts.isVariableDeclaration(at)) return decides(at, node);
    if (isFunctionNode(at)) return false;
  }
  return false;
}

/** `const isDue = now - session.rotatedAt > LIMIT; if (!isDue) return next();` */
function decides(declaration: ts.VariableDeclaration, node: ts.Node): boolean {
  const name = declaration.name.getText();
  const around = functionAround(declaration);
  if (around === undefined) return false;
  for (const inner of nodesOf(around)) {
    if (!ts.isIfStatement(inner) || !new RegExp(`\\b${name}\\b`).test(inner.expression.getText()))
      continue;
    if (isWithin(node, inner.thenStatement)) return true;
    if (inner.end <= node.pos && leaves(inner.thenStatement)) return true;
  }
  return false;
}

/** Holdfast rotates by itself; the policy says how often. */
function byLibrary({ library, label, options, place }: SetUp): Observation[] {
  if (library !== "holdfast") return [];
  const given = propertyAt(property(options, "policy"), ["rotationIntervalSeconds"]);
  const value = shipped(given);
  const isSet = value.kind === "literal" && typeof value.value === "number";
  return [
    {
      topic,
      place: isSet ? value.place : place,
      kind: "good",
      what: `${label} replaces the secret of a signed-in session on a timer, with a grace for requests under way.`,
      value: isSet ? `every ${value.value} seconds` : "on a timer",
      ...(!isSet && { origin: { kind: "default" as const, of: label, place } }),
    },
  ];
}
