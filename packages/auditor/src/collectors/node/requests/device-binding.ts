/**
 * Device-bound session credentials: whether what answers registration and refresh verifies the proof.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { calleeName, type FunctionNode } from "../../script/script-syntax.ts";
import { flowOf } from "../code/flow.ts";
import { handlerAround } from "../code/handlers.ts";

const topic = "device-binding";
const HEADERS =
  /secure-session-(?:registration|response|challenge)|sec-session-(?:registration|response|challenge)/i;
const PROOF = /^(?:secure|sec)-session-response$/i;
const VERIFIES =
  /^(?:verify|jwtVerify|compactVerify|flattenedVerify|verifySignature|createVerify)$/;

export function deviceBinding(project: ScriptProject): readonly Observation[] {
  const handlers = new Set<FunctionNode>();
  for (const source of project.filesWith(HEADERS)) {
    for (const node of nodesOf(source)) {
      if (!ts.isStringLiteralLike(node) || !PROOF.test(node.text)) continue;
      const handler = handlerAround(node);
      if (handler !== undefined) handlers.add(handler);
    }
  }
  return [...handlers].map((handler) => judged(project, handler));
}

/** The functions that a handler walks through, as one text of calls. */
function judged(project: ScriptProject, handler: FunctionNode): Observation {
  const { words } = flowOf(project, handler);
  const calls = callsIn(project, handler);
  const verify = calls.find((one) => VERIFIES.test(calleeName(one) ?? ""));
  const place = placeOf(verify ?? handler);
  if (verify === undefined) {
    return fault(place, "The proof is read and its signature is not verified.");
  }
  if (
    /\balg(?:orithms?)?\s*:\s*(?:\[\s*)?\w*(?:header|decoded|token|jwt)\w*\??\./i.test(
      verify.getText(),
    )
  ) {
    return fault(place, `${textOf(verify)} takes the algorithm that the proof names itself.`);
  }
  const hasChallenge =
    words.has("jti") || [...words].some((word) => /challenge/i.test(word) && !HEADERS.test(word));
  if (!hasChallenge)
    return fault(place, "The proof's challenge is not compared: one proof is good for ever.");
  const cookie = calls.find((one) => /^(?:cookie|setCookie)$/.test(calleeName(one) ?? ""));
  const isEarly =
    cookie !== undefined &&
    cookie.getSourceFile() === verify.getSourceFile() &&
    cookie.getStart() < verify.getStart() &&
    handlerAround(cookie) === handlerAround(verify);
  if (isEarly) return fault(placeOf(cookie), "The cookie is set before the proof is verified.");
  return {
    topic,
    place,
    kind: "good",
    what: `${textOf(verify)} verifies the proof, and its challenge is compared.`,
  };
}

function callsIn(project: ScriptProject, handler: FunctionNode): readonly ts.CallExpression[] {
  const found: ts.CallExpression[] = [];
  const seen = new Set<ts.Node>();
  const visit = (root: ts.Node, depth: number): void => {
    if (seen.has(root) || depth > 3) return;
    seen.add(root);
    for (const node of nodesOf(root)) {
      if (!ts.isCallExpression(node)) continue;
      found.push(node);
      const value = project.evaluator.evaluate(node.expression);
      if (value.kind === "function") visit(value.node, depth + 1);
    }
  };
  visit(handler, 0);
  return found;
}

function fault(place: Observation["place"], what: string): Observation {
  return {
    topic,
    place,
    kind: "fault",
    what,
    remedy:
      "Verify the signature with the registered key and a fixed algorithm, compare the challenge and use it once, and set the cookie after that.",
  };
}
