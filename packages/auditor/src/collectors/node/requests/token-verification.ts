/**
 * Whether tokens that say who somebody is are verified in full: decoded only, without a signature, past their end.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf } from "../../script/script-scope.ts";
import { bare } from "../../script/script-syntax.ts";
import { property, shipped, truthOf, type Value } from "../../script/script-value.ts";
import { flowOf } from "../code/flow.ts";
import { handlerAround } from "../code/handlers.ts";
import { isAtLeast } from "../packages/version.ts";

const topic = "token-verification";
const PACKAGES = /jsonwebtoken|jose|jwt/;

export function tokenVerification(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
): readonly Observation[] {
  const found: Observation[] = [];
  for (const source of project.filesWith(PACKAGES)) {
    for (const node of nodesOf(source)) {
      if (ts.isCallExpression(node) || ts.isNewExpression(node))
        found.push(...atCall(project, versions, node));
    }
  }
  return found;
}

type Call = ts.CallExpression | ts.NewExpression;

function atCall(
  project: ScriptProject,
  versions: Readonly<Record<string, string>>,
  node: Call,
): readonly Observation[] {
  const callee = project.evaluator.evaluate(node.expression);
  if (callee.kind !== "external") return [];
  const { module } = callee;
  const name = callee.path.at(-1) ?? "";
  const list = node.arguments ?? [];
  const options = (at: number): Value | undefined => {
    const argument = list[at];
    return argument && project.evaluator.evaluate(argument);
  };
  if (module === "jsonwebtoken" && name === "decode") return decoded(project, node);
  if (module === "jose" && name === "decodeJwt") return decoded(project, node);
  if (module === "jwt-simple" && name === "decode") {
    const isUnverified = list[2]?.kind === ts.SyntaxKind.TrueKeyword;
    return isUnverified ? decoded(project, node) : [];
  }
  if (module === "jsonwebtoken" && name === "verify") return verified(project, node, options(2));
  if (module === "jose" && name === "jwtVerify") return verified(project, node, options(2));
  if (module === "passport-jwt" && name === "Strategy") return verified(project, node, options(0));
  const isExpressJwt = module === "express-jwt" && (name === "" || name === "expressjwt");
  if (!isExpressJwt) return [];
  const isOld = isAtLeast(versions["express-jwt"], "6.0.0") === false;
  return isOld && isClosed(options(0)) && algorithmsOf(options(0)) === undefined
    ? [
        fault(
          node,
          `${textOf(node, 40)} takes the algorithm from the token's own header.`,
          'Say which algorithms are taken, algorithms: ["HS256"], and update express-jwt.',
        ),
      ]
    : verified(project, node, options(0));
}

function fault(node: ts.Node, what: string, remedy: string): Observation {
  return { topic, place: placeOf(node), kind: "fault", what, remedy };
}

/** Only what comes with a request is somebody else's word; a token just made or fetched is not. */
function decoded(project: ScriptProject, node: Call): readonly Observation[] {
  const [token] = node.arguments ?? [];
  if (token === undefined || !isFromRequest(token, 0)) return [];
  const handler = handlerAround(node);
  if (handler === undefined) return [];
  // Read for its header or to find the key, and verified then.
  const words = [...flowOf(project, handler).words];
  if (words.some((word) => /verif|introspect|revoke|log_?out|blacklist|jwks|kid/i.test(word)))
    return [];
  return [
    fault(
      node,
      `${textOf(node)} believes what a token of the request says, and nobody verifies it.`,
      "Verify the token with the key and the algorithms that it must have.",
    ),
  ];
}

const REQUEST =
  /\b(?:req|request|ctx|socket|handshake)\b[\w.?]*\.(?:headers|cookies|body|query|header|get|signedCookies)\b/;

function isFromRequest(expression: ts.Expression, depth: number): boolean {
  if (depth > 3) return false;
  const node = bare(expression);
  if (REQUEST.test(textOf(node, 400))) return true;
  for (const inner of nodesOf(node)) {
    if (!ts.isIdentifier(inner)) continue;
    const isName = ts.isPropertyAccessExpression(inner.parent) && inner.parent.name === inner;
    const binding = isName ? undefined : bindingOf(inner);
    const initial = binding?.kind === "variable" ? binding.node.initializer : undefined;
    if (initial !== undefined && isFromRequest(initial, depth + 1)) return true;
  }
  return false;
}

function verified(
  project: ScriptProject,
  node: Call,
  options: Value | undefined,
): readonly Observation[] {
  if (options === undefined) return [];
  const algorithms = algorithmsOf(options);
  if (algorithms?.some((one) => /^none$/i.test(one))) {
    return [
      fault(
        node,
        `${textOf(node, 40)} takes tokens without a signature: "none" is among its algorithms.`,
        "Take the one algorithm that the tokens are signed with.",
      ),
    ];
  }
  const isEndless = shipped(property(options, "ignoreExpiration"));
  if (isEndless.kind === "literal" && truthOf(isEndless) === true) {
    // Who renews a token looks at one that has ended.
    const handler = handlerAround(node);
    const words = handler === undefined ? [] : [...flowOf(project, handler).words];
    if (words.some((word) => /refresh|renew|log_?out|revoke/i.test(word))) return [];
    return [
      fault(
        node,
        `${textOf(node, 40)} takes tokens whose time is over: ignoreExpiration is on.`,
        "Leave ignoreExpiration out.",
      ),
    ];
  }
  if (algorithms === undefined || algorithms.length === 0) return [];
  const what = `${textOf(node, 40)} takes ${algorithms.join(", ")} alone.`;
  return [{ topic, place: placeOf(node), kind: "good", what }];
}

/** The algorithms that are written; `undefined` if they are not, or not all can be read. */
function algorithmsOf(options: Value | undefined): readonly string[] | undefined {
  const list = options && shipped(property(options, "algorithms"));
  if (list?.kind !== "array") return undefined;
  const names = list.items
    .map(shipped)
    .map((one) => (one.kind === "literal" ? one.value : undefined));
  return names.every((one) => typeof one === "string") ? names.map(String) : undefined;
}

/** Whether all options are in sight. */
function isClosed(options: Value | undefined): boolean {
  return options?.kind === "object" && !options.isOpen && !options.properties.has("algorithms");
}
