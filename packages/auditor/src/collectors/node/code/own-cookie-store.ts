/**
 * Where a token of the application's own is kept, looked up and deleted: calls on the same table, model or map.
 * @module
 */
import ts from "typescript";
import { nodesOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf, usesOf } from "../../script/script-scope.ts";
import { bare, calleeName, isFunctionNode, propertyName } from "../../script/script-syntax.ts";
import { statementOf } from "./account-writes.ts";
import { ownTargets } from "./own-cookie-targets.ts";
import { KEEPS, type KeptField } from "./own-cookie-trace.ts";

/** What keeps tokens. */
export interface Kept {
  /** The call or assignment that keeps one. */
  readonly node: ts.Node;
  /** What is called to keep it; `undefined` for a map of the application's own. */
  readonly owner: ts.Expression | undefined;
  /** The table, model or map as it is called everywhere. */
  readonly store: string;
  /** The field that holds the token; `undefined` where a statement or a map has none. */
  readonly key: string | undefined;
}

const LOOKS_UP =
  /^(?:find\w*|get\w*|select\w*|first\w*|fetch\w*|load\w*|where|from|query|execute|run|all|raw|one\w*|hget\w*|has|exists|lookup\w*|read|scan|eq|\$queryRaw)$/i;
const DELETES =
  /^(?:delete\w*|destroy\w*|remove\w*|del|unlink|hdel|drop|revoke\w*|findOneAndDelete|findByIdAndDelete|query|execute|run|raw|\$executeRaw)$/i;
const STATES =
  /^(?:query|execute|run|all|get|one|oneOrNone|none|first|raw|prepare|\$queryRaw\w*|\$executeRaw\w*|unsafe)$/;
const BY_KEY = /^(?:set|setex|setEx|hset|hSet|put)$/;
const MAX_DEPTH = 3;

/** The name of what a call works on. */
export function storeOfCall(call: ts.CallExpression | ts.NewExpression): string | undefined {
  const callee = bare(call.expression);
  const name = calleeName(call) ?? "";
  if (ts.isNewExpression(call)) return ts.isIdentifier(callee) ? plain(callee.text) : undefined;
  if (STATES.test(name)) {
    const table =
      /\b(?:insert\s+(?:or\s+\w+\s+)?into|from|update|join)\s+["'`\\[]*(?:\w+["'`\]]*\.["'`[]*)?(\w+)/i.exec(
        statementOf(call),
      )?.[1];
    if (table !== undefined) return plain(table);
  }
  if (!ts.isPropertyAccessExpression(callee)) return undefined;
  return nameBelow(callee.expression, 0);
}

/** `prisma.session`, `db.insert(sessions)`, `knex("sessions")`, `db.collection("sessions")`. */
function nameBelow(expression: ts.Expression, depth: number): string | undefined {
  const node = bare(expression);
  if (depth > 8) return undefined;
  if (ts.isIdentifier(node)) return plain(node.text);
  if (ts.isPropertyAccessExpression(node)) {
    return /^(?:promises|default)$/.test(node.name.text)
      ? nameBelow(node.expression, depth + 1)
      : plain(node.name.text);
  }
  if (ts.isNewExpression(node)) return nameBelow(node.expression, depth + 1);
  if (!ts.isCallExpression(node)) return undefined;
  const [first] = node.arguments;
  const called = calleeName(node) ?? "";
  if (
    first !== undefined &&
    /^(?:insert|insertInto|collection|from|into|table|model|delete|deleteFrom|update|selectFrom|getRepository|knex|db|getModel)$/.test(
      called,
    )
  ) {
    const argument = bare(first);
    if (ts.isStringLiteralLike(argument)) return plain(argument.text);
    if (ts.isIdentifier(argument) || ts.isPropertyAccessExpression(argument))
      return nameBelow(argument, depth + 1);
  }
  const callee = bare(node.expression);
  return ts.isPropertyAccessExpression(callee)
    ? nameBelow(callee.expression, depth + 1)
    : undefined;
}

function plain(name: string): string | undefined {
  const word = name
    .replace(/^_+/, "")
    .replace(/(?<=.)(?:Model|Repository|Repo|Collection|Schema|Table|Entity|Dao|DAO)$/, "")
    .toLowerCase()
    .replace(/s$/, "");
  return word === "" ||
    /^(?:db|this|res|response|reply|ctx|console|client|pool|app|req|request|cookie|header|formdata|searchparam|param)$/.test(
      word,
    )
    ? undefined
    : word;
}

/** Where one of the expressions that all hold a token is given to what keeps it. */
export function keptOf(
  project: ScriptProject,
  way: readonly ts.Node[],
  kept: KeptField | undefined,
): Kept | undefined {
  const direct = kept && keptBy(kept.call, kept.key);
  if (direct !== undefined) return direct;
  for (const node of way) {
    if (!ts.isIdentifier(node)) continue;
    const found = keptUnder(project, node, 0);
    if (found !== undefined) return found;
  }
  return undefined;
}

function keptBy(
  call: ts.CallExpression | ts.NewExpression,
  key: string | undefined,
): Kept | undefined {
  const store = storeOfCall(call);
  if (store === undefined) return undefined;
  const callee = bare(call.expression);
  const owner = ts.isPropertyAccessExpression(callee) ? callee.expression : callee;
  return { node: call, owner, store, key };
}

function keptUnder(project: ScriptProject, name: ts.Identifier, depth: number): Kept | undefined {
  const binding = bindingOf(name);
  if (binding === undefined || depth > MAX_DEPTH) return undefined;
  for (const use of usesOf(name.text, binding)) {
    const found = keptAt(project, use, depth);
    if (found !== undefined) return found;
  }
  return undefined;
}

function keptAt(project: ScriptProject, use: ts.Identifier, depth: number): Kept | undefined {
  let inner: ts.Node = use;
  let key: string | undefined;
  for (let at: ts.Node = use.parent; at !== undefined; inner = at, at = at.parent) {
    if (isFunctionNode(at) || ts.isStatement(at)) return undefined;
    if (ts.isPropertyAssignment(at) || ts.isShorthandPropertyAssignment(at))
      key ??= propertyName(at.name);
    // sessions[token] = …
    if (ts.isElementAccessExpression(at) && at.argumentExpression === inner) {
      const { parent } = at;
      const isWritten =
        ts.isBinaryExpression(parent) &&
        parent.left === at &&
        parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
      const store = isWritten ? nameBelow(at.expression, 0) : undefined;
      return store === undefined
        ? undefined
        : { node: parent, owner: undefined, store, key: undefined };
    }
    if (ts.isNewExpression(at) && at.expression !== inner) {
      const isRecord =
        /^[A-Z]/.test(at.expression.getText()) &&
        /\.save\(|\.persist/.test(at.getSourceFile().text);
      return isRecord ? keptBy(at, key) : undefined;
    }
    if (!ts.isCallExpression(at) || at.expression === inner) continue;
    const called = calleeName(at) ?? "";
    const index = at.arguments.indexOf(inner as ts.Expression);
    const [target] = ownTargets(project, at);
    const parameter = target?.parameters[index]?.name;
    if (parameter !== undefined && ts.isIdentifier(parameter)) {
      const found = keptUnder(project, parameter, depth + 1);
      if (found !== undefined) return found;
    }
    const isCookie = /cookie|header/i.test(at.expression.getText());
    if (target === undefined && KEEPS.test(called) && !isCookie) {
      // A map is asked for what it was given first; what it holds finds nobody.
      const isHeld = index > 0 && BY_KEY.test(called);
      const found = isHeld ? undefined : keptBy(at, key);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Whether a node asks the same store for something, or takes something out of it. */
export function isLookup(node: ts.Node, { store, key }: Kept): boolean {
  if (ts.isElementAccessExpression(node)) {
    return !isWrittenOrDeleted(node) && nameBelow(node.expression, 0) === store;
  }
  if (!ts.isCallExpression(node) || !LOOKS_UP.test(calleeName(node) ?? "")) return false;
  if (storeOfCall(node) !== store || !isByField(node, key)) return false;
  return !/^\W*(?:insert|delete|update)\b/i.test(statementOf(node));
}

/** Asked for by the field that holds the token: by another, something else than the cookie is looked up. */
function isByField(call: ts.CallExpression, key: string | undefined): boolean {
  if (key === undefined) return true;
  if (/^(?:findBy\w+|get\w*|load\w*)$/i.test(calleeName(call) ?? "")) return true;
  let whole: ts.Node = call;
  while (ts.isPropertyAccessExpression(whole.parent) || ts.isCallExpression(whole.parent))
    whole = whole.parent;
  return new RegExp(`\\b${key.replaceAll("$", "\\$")}\\b`).test(whole.getText());
}

function isWrittenOrDeleted(node: ts.ElementAccessExpression): boolean {
  const { parent } = node;
  return ts.isDeleteExpression(parent) || (ts.isBinaryExpression(parent) && parent.left === node);
}

/** Whether a node deletes from the same store. */
export function isDeletion(node: ts.Node, { store }: Kept): boolean {
  if (ts.isDeleteExpression(node)) {
    const target = bare(node.expression);
    return ts.isElementAccessExpression(target) && nameBelow(target.expression, 0) === store;
  }
  if (!ts.isCallExpression(node) || !DELETES.test(calleeName(node) ?? "")) return false;
  if (STATES.test(calleeName(node) ?? "")) {
    return /\bdelete\s+from\b/i.test(statementOf(node)) && storeOfCall(node) === store;
  }
  return storeOfCall(node) === store;
}

/** Names of properties of the request that hold what was read: `sid` of `request.sid = unsign(request.cookies.sid)`. */
export function carriedBy(read: ts.Node, steps = 0): string | undefined {
  if (steps > MAX_DEPTH) return undefined;
  let at: ts.Node | undefined = read.parent;
  for (let depth = 0; depth < 6 && at !== undefined && !isFunctionNode(at); depth += 1) {
    const isAssigned =
      ts.isBinaryExpression(at) && at.operatorToken.kind === ts.SyntaxKind.EqualsToken;
    if (isAssigned && ts.isBinaryExpression(at) && ts.isPropertyAccessExpression(at.left)) {
      return /^(?:req|request|ctx|ctx\.state|res\.locals|context)$/.test(
        at.left.expression.getText(),
      )
        ? at.left.name.text
        : undefined;
    }
    if (ts.isVariableDeclaration(at) && ts.isIdentifier(at.name)) {
      const binding = bindingOf(at.name);
      for (const use of binding === undefined ? [] : usesOf(at.name.text, binding)) {
        const carried = use === at.name ? undefined : carriedBy(use, steps + 1);
        if (carried !== undefined) return carried;
      }
      return undefined;
    }
    at = at.parent;
  }
  return undefined;
}

/** Functions that speak of a property of the request. */
export function* mentionsOf(project: ScriptProject, name: string): Generator<ts.Node> {
  for (const source of project.filesWith(new RegExp(`\\.${name.replaceAll("$", "\\$")}\\b`))) {
    for (const node of nodesOf(source)) {
      if (!ts.isPropertyAccessExpression(node) || node.name.text !== name) continue;
      if (/^(?:req|request|ctx|ctx\.state|res\.locals|context)$/.test(node.expression.getText()))
        yield node;
    }
  }
}
