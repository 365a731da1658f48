/**
 * Whose forwarded headers are believed: `trust proxy` of Express, `trustProxy` of Fastify, `proxy` of Koa.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { reaches } from "../../script/evaluate-variable.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, calleeName, chainOf } from "../../script/script-syntax.ts";
import { property, shipped, type Value } from "../../script/script-value.ts";

const EVERYBODY = /^(?:0\.0\.0\.0\/0|::\/0|true|\*)$/;

export function proxyTrust(project: ScriptProject, node: ts.Node): Observation[] {
  const seen = trustAt(project, node);
  if (seen.length === 0) return [];
  const isReached = reaches(project.evaluator, node);
  if (isReached !== undefined) return isReached ? seen : [];
  return seen.map((one) =>
    one.kind === "fault"
      ? { ...one, kind: "doubt", what: `If it is so configured: ${lower(one.what)}.` }
      : one,
  );
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function trustAt(project: ScriptProject, node: ts.Node): Observation[] {
  const { evaluator } = project;
  if (ts.isBinaryExpression(node)) {
    const isAssigned = node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    const chain = isAssigned ? chainOf(node.left) : undefined;
    const isKoa = chain?.length === 2 && /^(?:app|koa|server)$/i.test(chain[0] ?? "");
    return isKoa && chain[1] === "proxy"
      ? trust(node, evaluator.evaluate(node.right), "app.maxIpsCount beside app.proxy")
      : [];
  }
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return [];
  const name = calleeName(node) ?? "";
  const [first, second] = node.arguments ?? [];
  if (first === undefined) return [];
  const setting = bare(first);
  if (ts.isStringLiteralLike(setting) && setting.text === "trust proxy") {
    if (name === "enable") return [believed(node, 'app.set("trust proxy", 1)')];
    if (name !== "set" || second === undefined) return [];
    return trust(node, evaluator.evaluate(second), 'app.set("trust proxy", 1)');
  }
  if (/^fastify$/i.test(name)) {
    return trust(node, property(evaluator.evaluate(first), "trustProxy"), "trustProxy: 1");
  }
  if (name === "Koa" && ts.isNewExpression(node)) {
    return trust(node, property(evaluator.evaluate(first), "proxy"), "maxIpsCount beside proxy");
  }
  return [];
}

function trust(node: ts.Node, given: Value, remedy: string): Observation[] {
  const value = shipped(given);
  const place = placeOf(node);
  const topic = "proxy-trust";
  if (value.kind === "literal") {
    if (!value.value) return [];
    if (EVERYBODY.test(String(value.value))) return [believed(node, remedy)];
  }
  const isNamed =
    value.kind === "literal" ||
    (value.kind === "array" &&
      !value.items.some((one) => one.kind === "literal" && EVERYBODY.test(String(one.value))));
  if (isNamed) {
    return [{ topic, place, kind: "good", what: `${textOf(node)} names the trusted proxies.` }];
  }
  if (value.kind === "array") return [believed(node, remedy)];
  const what = `Which proxies ${textOf(node)} trusts is decided elsewhere.`;
  return [{ topic, place, kind: "doubt", what }];
}

function believed(node: ts.Node, remedy: string): Observation {
  return {
    topic: "proxy-trust",
    place: placeOf(node),
    kind: "fault",
    what: "Every sender is trusted as a proxy: whoever reaches the server directly states his own address and scheme.",
    remedy: `Name the proxies, or how many there are: ${remedy}.`,
  };
}
