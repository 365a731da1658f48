/**
 * What is written into sessions and does not belong there: passwords, request bodies, whole records of accounts.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf } from "../../script/script-scope.ts";
import {
  bare,
  calleeName,
  chainOf,
  functionAround,
  isFunctionNode,
  propertyName,
} from "../../script/script-syntax.ts";
import { callKind } from "../code/flow-events.ts";
import { isIdentityKey } from "../code/identity.ts";
import { sessionActs } from "../code/session-access.ts";

const BODY =
  /^(?:(?:req|request|ctx\.request|ctx\.req|this\.request)\.(?:body|query)|ctx\.query|await (?:c\.req|req|request)\.(?:json|parseBody|formData)\(\))$/;
const SECRET = /pass(?:word|wd|phrase)?|\bpwd\b|hash|salt|secret/i;
const ACCOUNT = /user|account|member|admin|customer|player|student|person|profile|employee/i;
/** What is asked for, or made of it, is not the record as a whole. */
const CHOSEN =
  /select|attributes|project|pick|omit|exclude|sanit|public|safe|dto|serializ|toJSON|toSession|fields|strip|clean/i;

export function sessionData(project: ScriptProject, node: ts.Node): Observation[] {
  return sessionActs(node).flatMap((one) => {
    if (one.act !== "write" || one.value === undefined) return [];
    const value = bare(one.value);
    const fault = (what: string, remedy: string): Observation[] => [
      { topic: "session-data", place: placeOf(node), kind: "fault", what, remedy },
    ];
    if (BODY.test(one.value.getText())) {
      return fault(`${textOf(node)} keeps whatever the sender sends.`, "Keep the fields needed.");
    }
    if (/^(?:password|passwd|pwd)$/i.test(one.key)) {
      return fault(`${textOf(node)} keeps a password in the session.`, "Keep the account's id.");
    }
    return isIdentityKey(one.key) && isWholeRecord(project, value)
      ? fault(
          `${textOf(node)} keeps the whole record of an account in the session, its password's hash included.`,
          "Keep the account's id alone, and read the rest where it is needed.",
        )
      : [];
  });
}

/** Whether a value is what a look-up of an account gave, as it was given. */
function isWholeRecord(project: ScriptProject, value: ts.Expression): boolean {
  const root = rootOf(value);
  if (root === undefined) return false;
  const binding = bindingOf(root);
  if (binding?.kind !== "variable" && binding?.kind !== "parameter") return false;
  // const { password, ...rest } = user
  const declared = binding.node.name;
  if (ts.isObjectBindingPattern(declared)) return false;
  const source =
    binding.kind === "variable" ? binding.node.initializer : callAround(binding.node.parent);
  const call = source && bare(source);
  if (call === undefined || !ts.isCallExpression(call)) return false;
  if (isStripped(binding.node, root.text)) return false;
  return givesRecord(project, call);
}

/** `user` of `user`, `rows[0]` and `result.rows[0]`. */
function rootOf(value: ts.Expression): ts.Identifier | undefined {
  let at = value;
  for (let depth = 0; depth < 4; depth += 1) {
    if (ts.isIdentifier(at)) return at;
    if (ts.isElementAccessExpression(at) && ts.isNumericLiteral(at.argumentExpression)) {
      at = bare(at.expression);
    } else if (ts.isPropertyAccessExpression(at) && /^(?:rows|user|account)$/.test(at.name.text)) {
      at = bare(at.expression);
    } else return undefined;
  }
  return undefined;
}

/** The call that a callback gets its parameters from: `find(…, (error, user) => …)`, `find(…).then((user) => …)`. */
function callAround(callback: ts.Node): ts.Expression | undefined {
  if (!isFunctionNode(callback) || !ts.isCallExpression(callback.parent)) return undefined;
  const callee = bare(callback.parent.expression);
  const isThen = ts.isPropertyAccessExpression(callee) && callee.name.text === "then";
  return isThen ? callee.expression : callback.parent;
}

/** `delete user.password`, `user.password = undefined` where the variable is known. */
function isStripped(declaration: ts.Node, name: string): boolean {
  const around = functionAround(declaration) ?? declaration.getSourceFile();
  for (const node of nodesOf(around)) {
    const target = ts.isDeleteExpression(node)
      ? node.expression
      : ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken
        ? node.left
        : undefined;
    const chain = target && chainOf(target);
    if (chain?.[0] === name && SECRET.test(chain.at(-1) ?? "")) return true;
  }
  return false;
}

function givesRecord(project: ScriptProject, call: ts.CallExpression): boolean {
  const text = call.getText();
  const [first] = call.arguments;
  const sql = first === undefined ? "" : first.getText();
  if (/\bselect\b/i.test(sql)) {
    const columns = /\bselect\b([\s\S]*?)\bfrom\b([\s\S]*)/i.exec(sql);
    if (columns?.[1] === undefined || !ACCOUNT.test(columns[2] ?? "")) return false;
    return /\*/.test(columns[1]) || SECRET.test(columns[1]);
  }
  if (CHOSEN.test(text)) return false;
  const callee = project.evaluator.evaluate(call.expression);
  if (callee.kind === "function") return returnsRecord(callee.node);
  const kind = callKind(project.evaluator, call);
  return (kind === "lookup" || kind === "create") && ACCOUNT.test(`${text.split("(")[0]}`);
}

/** A function of the application's own: what it gives back is written there. */
function returnsRecord(node: ts.Node): boolean {
  let isRecord = false;
  for (const inner of nodesOf(node)) {
    if (ts.isObjectLiteralExpression(inner) && isGivenBack(inner)) {
      const keys = inner.properties.map((item) => propertyName(item.name) ?? "");
      if (keys.some((key) => SECRET.test(key))) return true;
    }
    if (!ts.isCallExpression(inner)) continue;
    const name = calleeName(inner) ?? "";
    const isLookup = /^(?:findOne|findUnique|findFirst|findByPk|findById|findBy\w+)$/.test(name);
    const isAccount = ACCOUNT.test(inner.expression.getText());
    if (isLookup && isAccount && isGivenBack(inner) && !CHOSEN.test(inner.getText()))
      isRecord = true;
  }
  return isRecord;
}

/** `return value`, `return found && value`, and the short arrow. */
function isGivenBack(node: ts.Node): boolean {
  let inner = node;
  for (let at = node.parent; at !== undefined; inner = at, at = at.parent) {
    if (ts.isReturnStatement(at)) return true;
    if (ts.isArrowFunction(at)) return at.body === inner;
    const isPassedOn =
      ts.isParenthesizedExpression(at) ||
      ts.isAwaitExpression(at) ||
      ts.isAsExpression(at) ||
      (ts.isConditionalExpression(at) && inner !== at.condition) ||
      (ts.isBinaryExpression(at) && at.right === inner);
    if (!isPassedOn) return false;
  }
  return false;
}
