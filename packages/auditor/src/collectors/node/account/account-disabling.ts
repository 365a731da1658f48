/**
 * Whether disabling an account ends what it has open: where the flag for it is asked.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import {
  bare,
  chainOf,
  type FunctionNode,
  functionAround,
  functionName,
  isFunctionNode,
  isWithin,
  propertyName,
} from "../../script/script-syntax.ts";
import { flowOf } from "../code/flow.ts";
import { verifiersOf } from "../code/passport-verifiers.ts";
import type { SignIn } from "../sign-in/found-sign-in.ts";

const topic = "account-disabling";
/** Locks against guessing, and addresses not yet confirmed, are something else. */
const FLAG =
  /^(?:is_?|account_?|user_?)?(?:enabled|disabled|banned|blocked|suspended|deactivated|inactive)$|^(?:is_?)active$|^(?:disabled|banned|blocked|suspended|deactivated)_?at$/i;
const ACCOUNT = /user|account|member|admin|customer|player|student|person|profile|employee/i;
const TEXT = /enabled|disabled|banned|blocked|suspended|deactivated|active/i;

interface Use {
  readonly node: ts.Node;
  readonly flag: string;
}

export function accountDisabling(
  project: ScriptProject,
  signIns: readonly SignIn[],
): readonly Observation[] {
  const atSignIn = functionsOf(project, signIns);
  const { reads, writes } = usesOfFlags(project);
  return [...new Set(reads.map(({ flag }) => flag))].flatMap((flag): Observation[] => {
    const all = reads.filter((one) => one.flag === flag);
    const each = all.find(({ node }) => isAtEachRequest(node));
    if (each !== undefined) {
      const what = `Each request asks whether the account is ${flag}.`;
      return [{ topic, place: placeOf(each.node), kind: "good", what }];
    }
    const isThere = ({ node }: Use): boolean => atSignIn.some((one) => isWithin(node, one));
    const [first] = all;
    // Asked somewhere else too: what that means to open sessions cannot be told.
    if (first === undefined || !all.every(isThere)) return [];
    const sets = writes.filter((one) => one.flag === flag && !isThere(one));
    // A flag that nobody sets is one that somebody once meant to.
    if (sets.length === 0) return [];
    const ends = sets.find(({ node }) => endsSessions(project, node));
    if (ends !== undefined) {
      const what = `Changing ${flag} ends the account's sessions.`;
      return [{ topic, place: placeOf(ends.node), kind: "good", what }];
    }
    return [
      {
        topic,
        place: placeOf(first.node),
        kind: "fault",
        what: `${flag} is asked at the sign-in alone: who is signed in already stays so.`,
        remedy: `Ask for ${flag} where each request loads the account, or end the account's sessions where ${flag} is set.`,
      },
    ];
  });
}

/** The functions in which a sign-in happens, and those that Passport asks. */
function functionsOf(project: ScriptProject, signIns: readonly SignIn[]): readonly FunctionNode[] {
  const found = new Set<FunctionNode>(verifiersOf(project));
  for (const { handler, flow } of signIns) {
    if (handler !== undefined) found.add(handler);
    for (const { node, kind } of flow.events) {
      const around = kind === "check" ? functionAround(node) : undefined;
      if (around !== undefined) found.add(around);
    }
  }
  return [...found];
}

function usesOfFlags(project: ScriptProject): { reads: readonly Use[]; writes: readonly Use[] } {
  const reads: Use[] = [];
  const writes: Use[] = [];
  for (const source of project.filesWith(TEXT)) {
    for (const node of nodesOf(source)) {
      if (ts.isPropertyAccessExpression(node) && FLAG.test(node.name.text)) {
        const flag = node.name.text;
        if (isTarget(node)) writes.push({ node, flag });
        else if (isOfAccount(node)) reads.push({ node, flag });
      }
      if (ts.isBindingElement(node)) {
        const flag = (node.propertyName ?? node.name).getText();
        if (FLAG.test(flag)) reads.push({ node, flag });
      }
      if (!ts.isPropertyAssignment(node) && !ts.isShorthandPropertyAssignment(node)) continue;
      const flag = propertyName(node.name) ?? "";
      if (!FLAG.test(flag) || isSchema(node)) continue;
      const call = callAround(node);
      if (call === "write") writes.push({ node, flag });
      else if (call === "look-up") reads.push({ node, flag });
    }
  }
  return { reads, writes };
}

function isTarget(node: ts.PropertyAccessExpression): boolean {
  const { parent } = node;
  return (
    ts.isBinaryExpression(parent) &&
    parent.left === node &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  );
}

function isOfAccount(node: ts.PropertyAccessExpression): boolean {
  const chain = chainOf(node.expression);
  return chain === undefined || ACCOUNT.test(chain.at(-1) ?? "");
}

/** A field of a model says what there is, and asks nothing. */
function isSchema(node: ts.PropertyAssignment | ts.ShorthandPropertyAssignment): boolean {
  return ts.isPropertyAssignment(node) && ts.isObjectLiteralExpression(bare(node.initializer));
}

function callAround(node: ts.Node): "write" | "look-up" | undefined {
  let at = node.parent;
  for (let depth = 0; depth < 8 && at !== undefined && !isFunctionNode(at); depth += 1) {
    if (ts.isCallExpression(at)) {
      const callee = at.expression.getText();
      const name = callee.split(".").at(-1) ?? "";
      if (!ACCOUNT.test(callee)) return undefined;
      if (/^(?:update|findOneAndUpdate|findByIdAndUpdate|updateOne|set|patch)/.test(name))
        return "write";
      return /^(?:find|get|count|where|select)/.test(name) ? "look-up" : undefined;
    }
    at = at.parent;
  }
  return undefined;
}

/** In a middleware, a loader of the account, or a guard. */
function isAtEachRequest(node: ts.Node): boolean {
  for (let at = functionAround(node); at !== undefined; at = functionAround(at)) {
    const name = functionName(at) ?? "";
    if (/^(?:deserializeUser|canActivate|require\w*|ensure\w*|isAuth\w*)$/.test(name)) return true;
    const { parent } = at;
    // A strategy for tokens or cookies is asked each time, one for passwords once.
    const strategy = ts.isNewExpression(parent)
      ? parent.expression.getText()
      : ts.isClassLike(parent)
        ? `${parent.name?.text ?? ""} ${parent.heritageClauses?.[0]?.getText() ?? ""}`
        : "";
    if (/(?:jwt|bearer|token|cookie|session)\w*strategy|passport-jwt/i.test(strategy)) return true;
    if (!ts.isCallExpression(parent)) continue;
    const called = parent.expression.getText().split(".").at(-1);
    if (called === "deserializeUser") return true;
    const isFirst = parent.arguments[0] === at;
    if (called === "use" && isFirst) return true;
  }
  return false;
}

function endsSessions(project: ScriptProject, node: ts.Node): boolean {
  const around = functionAround(node);
  if (around === undefined) return false;
  const { events, words } = flowOf(project, around);
  return (
    events.some(({ kind }) => kind === "end-others") ||
    [...words].some((word) => /sessions?$|tokenVersion|sessionStore|refreshTokens?/i.test(word))
  );
}
