/**
 * Which expressions are the session of a request, and what is done to it.
 * @module
 */
import ts from "typescript";
import { bindingOf, identifiersOf } from "../../script/script-scope.ts";
import {
  bare,
  calleeName,
  chainOf,
  functionName,
  isFunctionNode,
  isWithin,
  propertyName,
} from "../../script/script-syntax.ts";

/** How people call a request or a context. */
const REQUEST =
  /^(?:\w*req|\w*request|\w*ctx|\w*context|c|r|self|this|socket|handshake|client|evt|event|http)$/i;
const OPENS_SESSION =
  /^(?:getIronSession|getSession|getServerSession|useSession|unsealSession|openSession|loadSession|getSessionFromRequest)$/;

/** Whether an expression is the session of a request. */
export function isSession(expression: ts.Expression, depth = 0): boolean {
  const node = bare(expression);
  if (depth > 4) return false;
  if (ts.isPropertyAccessExpression(node)) {
    if (node.name.text !== "session") return false;
    const chain = chainOf(node.expression);
    return chain !== undefined && REQUEST.test(chain.at(-1) ?? "");
  }
  // c.get("session") of Hono
  if (ts.isCallExpression(node)) {
    const [name] = node.arguments;
    const isGet = calleeName(node) === "get" && name !== undefined && ts.isStringLiteralLike(name);
    return (isGet && name.text === "session") || OPENS_SESSION.test(calleeName(node) ?? "");
  }
  if (!ts.isIdentifier(node)) return false;
  const binding = bindingOf(node);
  if (binding?.kind === "parameter") {
    if (binding.path.at(-1) === "session") return true;
    const text = binding.node.getText();
    return (
      /@Session\(/.test(text) ||
      (/sess(?:ion)?$/i.test(node.text) && /:.*(?:Session|any|Record)/.test(text)) ||
      isGivenSession(binding.node, depth)
    );
  }
  if (binding?.kind !== "variable") return false;
  if (binding.path.at(-1) === "session") return true;
  const { initializer } = binding.node;
  return initializer !== undefined && isSession(initializer, depth + 1);
}

/** `signedIn(req.session, user)`: the parameter that a call in the same file hands the session to. */
function isGivenSession(parameter: ts.ParameterDeclaration, depth: number): boolean {
  if (!ts.isIdentifier(parameter.name) || !/sess/i.test(parameter.name.text)) return false;
  const around = parameter.parent;
  const name = isFunctionNode(around) ? functionName(around) : undefined;
  if (name === undefined || name.length < 3) return false;
  // Handed out to other files, and called like what it takes.
  if (parameter.type === undefined && isExported(around)) return true;
  const position = around.parameters.indexOf(parameter);
  return identifiersOf(parameter.getSourceFile(), name).some((use) => {
    const callee = ts.isPropertyAccessExpression(use.parent) ? use.parent : use;
    const { parent } = callee;
    if (!ts.isCallExpression(parent) || parent.expression !== callee) return false;
    const given = parent.arguments[position];
    // A call that hands on its own parameter says nothing.
    return given !== undefined && !isWithin(given, around) && isSession(given, depth + 1);
  });
}

function isExported(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isFunctionDeclaration(node))
    return (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  return ts.isBinaryExpression(parent) && /^(?:module\.)?exports\.\w+$/.test(parent.left.getText());
}

/** What is done to a session at one node. */
export type SessionAct =
  | { readonly act: "write"; readonly key: string; readonly value: ts.Expression | undefined }
  | { readonly act: "remove"; readonly key: string }
  | { readonly act: "empty" }
  | { readonly act: "rotate" }
  | { readonly act: "destroy" }
  /** Contents and cookie are dropped; the library has no server side, or ends it by itself. */
  | { readonly act: "delete" };

const ROTATES =
  /^(?:regenerate|regenerateSession|regenerateId|regenerateSessionId|rotateSession|changeSessionId|cycleId)$/;

/** The acts at a node; most nodes have none. */
export function sessionActs(node: ts.Node): readonly SessionAct[] {
  if (ts.isBinaryExpression(node)) return assignment(node);
  if (ts.isDeleteExpression(node)) {
    const key = keyOfSession(node.expression);
    return key === undefined ? [] : [{ act: "remove", key }];
  }
  if (ts.isCallExpression(node)) return call(node);
  // Handed on without being called here: promisify(req.session.regenerate.bind(req.session))
  if (ts.isPropertyAccessExpression(node) && !isCallee(node)) {
    const isRotation = ROTATES.test(node.name.text) && isSession(node.expression);
    if (isRotation) return [{ act: "rotate" }];
    if (node.name.text === "destroy" && isSession(node.expression)) return [{ act: "destroy" }];
  }
  return [];
}

function isCallee(node: ts.PropertyAccessExpression): boolean {
  return ts.isCallExpression(node.parent) && node.parent.expression === node;
}

const ASSIGNS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsToken,
  ts.SyntaxKind.BarBarEqualsToken,
  ts.SyntaxKind.QuestionQuestionEqualsToken,
]);

function assignment(node: ts.BinaryExpression): readonly SessionAct[] {
  if (!ASSIGNS.has(node.operatorToken.kind)) return [];
  const value = finalValue(node.right);
  if (isSessionTarget(node.left)) {
    if (isNothing(value)) return [{ act: "empty" }];
    return ts.isObjectLiteralExpression(value) ? keysOf(value) : [];
  }
  const key = keyOfSession(node.left);
  if (key === undefined || key === "cookie") return [];
  return [isNothing(value) ? { act: "remove", key } : { act: "write", key, value }];
}

/** `req.session = …` itself, not a variable that is called so. */
function isSessionTarget(node: ts.Expression): boolean {
  return ts.isPropertyAccessExpression(node) && isSession(node);
}

/** `a = b = value` */
function finalValue(node: ts.Expression): ts.Expression {
  let value = bare(node);
  while (ts.isBinaryExpression(value) && value.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    value = bare(value.right);
  }
  return value;
}

function isNothing(node: ts.Expression): boolean {
  const value = bare(node);
  return (
    value.kind === ts.SyntaxKind.NullKeyword ||
    value.kind === ts.SyntaxKind.FalseKeyword ||
    ts.isVoidExpression(value) ||
    (ts.isIdentifier(value) && value.text === "undefined") ||
    (ts.isStringLiteralLike(value) && value.text === "") ||
    (ts.isNumericLiteral(value) && value.text === "0") ||
    (ts.isObjectLiteralExpression(value) && value.properties.length === 0)
  );
}

function keysOf(object: ts.ObjectLiteralExpression): readonly SessionAct[] {
  return object.properties.flatMap((item): SessionAct[] => {
    const key = propertyName(item.name);
    if (key === undefined) return [];
    if (!ts.isPropertyAssignment(item)) return [{ act: "write", key, value: undefined }];
    if (isNothing(item.initializer)) return [{ act: "remove", key }];
    return [{ act: "write", key, value: item.initializer }];
  });
}

/** The first key below the session: `user` of `req.session.user.name` and of `req.session["user"]`. */
export function keyOfSession(expression: ts.Expression): string | undefined {
  let node = bare(expression);
  for (let depth = 0; depth < 8; depth += 1) {
    if (ts.isPropertyAccessExpression(node)) {
      if (isSession(node.expression)) return node.name.text;
    } else if (ts.isElementAccessExpression(node)) {
      if (isSession(node.expression)) {
        const key = bare(node.argumentExpression);
        return ts.isStringLiteralLike(key) ? key.text : key.getText();
      }
    } else return undefined;
    node = bare(node.expression);
  }
  return undefined;
}

function call(node: ts.CallExpression): readonly SessionAct[] {
  const callee = bare(node.expression);
  const name = calleeName(node) ?? "";
  const [first, second] = node.arguments;
  if (name === "assign" && first !== undefined && isSession(first)) {
    const objects = node.arguments.slice(1).map((one) => bare(one));
    return objects.flatMap((one) => (ts.isObjectLiteralExpression(one) ? keysOf(one) : []));
  }
  if (!ts.isPropertyAccessExpression(callee)) {
    return ROTATES.test(name) && name !== "regenerate" ? [{ act: "rotate" }] : [];
  }
  // req.sessionStore.regenerate(req, …), ctx.regenerateSession()
  const owner = callee.expression.getText();
  if (ROTATES.test(name) && (/sessionStore$/.test(owner) || name === "regenerateSession")) {
    return [{ act: "rotate" }];
  }
  if (!isSession(callee.expression)) return [];
  if (ROTATES.test(name)) return [{ act: "rotate" }];
  if (name === "destroy" || name === "invalidate") return [{ act: "destroy" }];
  if (name === "delete" || name === "deleteSession" || name === "clear") {
    return first !== undefined && ts.isStringLiteralLike(first)
      ? [{ act: "remove", key: first.text }]
      : [{ act: "delete" }];
  }
  if (
    (name === "unset" || name === "forget") &&
    first !== undefined &&
    ts.isStringLiteralLike(first)
  ) {
    return [{ act: "remove", key: first.text }];
  }
  const writes = name === "set" || name === "put" || name === "setData";
  if (!writes || first === undefined) return [];
  const object = bare(first);
  if (ts.isObjectLiteralExpression(object)) return keysOf(object);
  if (!ts.isStringLiteralLike(object) || second === undefined) return [];
  return [
    isNothing(second)
      ? { act: "remove", key: object.text }
      : { act: "write", key: object.text, value: second },
  ];
}
