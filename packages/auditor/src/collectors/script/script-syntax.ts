/**
 * Small questions about single nodes that everybody here asks.
 * @module
 */
import ts from "typescript";

export type FunctionNode =
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.ConstructorDeclaration
  | ts.AccessorDeclaration;

export function isFunctionNode(node: ts.Node | undefined): node is FunctionNode {
  return (
    node !== undefined &&
    (ts.isFunctionDeclaration(node) ||
      ts.isFunctionExpression(node) ||
      ts.isArrowFunction(node) ||
      ts.isMethodDeclaration(node) ||
      ts.isConstructorDeclaration(node) ||
      ts.isAccessor(node))
  );
}

/** The expression without parentheses, type assertions, `!` and `await`. */
export function bare(node: ts.Expression): ts.Expression {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isTypeAssertionExpression(inner) ||
    ts.isAwaitExpression(inner)
  ) {
    inner = inner.expression;
  }
  return inner;
}

/** Name of a property, if it is written out. */
export function propertyName(
  name: ts.PropertyName | ts.BindingName | undefined,
): string | undefined {
  if (name === undefined) return undefined;
  if (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) return name.text;
  if (ts.isStringLiteralLike(name) || ts.isNumericLiteral(name)) return name.text;
  if (ts.isComputedPropertyName(name) && ts.isStringLiteralLike(name.expression)) {
    return name.expression.text;
  }
  return undefined;
}

const LONGEST_CHAIN = 32;

/** Parts of a plain chain: `req.session.user` and `req["session"]?.user` are `["req", "session", "user"]`. */
export function chainOf(node: ts.Expression): readonly string[] | undefined {
  const parts: string[] = [];
  let at = bare(node);
  while (parts.length < LONGEST_CHAIN) {
    if (ts.isPropertyAccessExpression(at)) parts.unshift(at.name.text);
    else if (ts.isElementAccessExpression(at)) {
      const key = bare(at.argumentExpression);
      parts.unshift(ts.isStringLiteralLike(key) ? key.text : "[]");
    } else if (ts.isIdentifier(at)) return [at.text, ...parts];
    else if (at.kind === ts.SyntaxKind.ThisKeyword) return ["this", ...parts];
    else if (at.kind === ts.SyntaxKind.SuperKeyword) return ["super", ...parts];
    else return undefined;
    at = bare(at.expression);
  }
  return undefined;
}

/** Last part of what is called: `logIn` of `req.logIn(user)`, `compare` of `compare(a, b)`. */
export function calleeName(call: ts.CallExpression | ts.NewExpression): string | undefined {
  const callee = bare(call.expression);
  if (ts.isIdentifier(callee)) return callee.text;
  if (ts.isPropertyAccessExpression(callee)) return callee.name.text;
  return undefined;
}

/** The nearest function around a node. */
export function functionAround(node: ts.Node): FunctionNode | undefined {
  let at: ts.Node | undefined = node.parent;
  while (at !== undefined && !isFunctionNode(at)) at = at.parent;
  return at;
}

/** How people call a function: its own name, or that of what it is assigned to. */
export function functionName(node: FunctionNode): string | undefined {
  if (ts.isConstructorDeclaration(node)) return "constructor";
  if (node.name !== undefined) return propertyName(node.name);
  let at: ts.Node = node.parent;
  // const login = asyncHandler(async (req, res) => …): the wrapped function has the variable's name.
  while (ts.isCallExpression(at) || ts.isParenthesizedExpression(at) || ts.isAsExpression(at)) {
    at = at.parent;
  }
  if (ts.isVariableDeclaration(at) || ts.isPropertyAssignment(at) || ts.isPropertyDeclaration(at)) {
    return propertyName(at.name);
  }
  if (ts.isBinaryExpression(at) && at.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    return chainOf(at.left)?.at(-1);
  }
  return undefined;
}

/** Whether `inner` lies in `outer`, or is it. */
export function isWithin(inner: ts.Node, outer: ts.Node): boolean {
  let at: ts.Node | undefined = inner;
  while (at !== undefined && at !== outer) at = at.parent;
  return at !== undefined;
}
