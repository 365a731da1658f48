/**
 * GET routes that change something: a name that says so, and a write to the database behind it.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bindingOf } from "../../script/script-scope.ts";
import { bare, calleeName, type FunctionNode, isFunctionNode } from "../../script/script-syntax.ts";
import { handlerOf, targetsOf } from "../code/call-targets.ts";
import { flowOf } from "../code/flow.ts";
import { isAbout, type Theme, wordsOf } from "../code/identity.ts";
import { type Route, routesOf } from "../code/routes.ts";
import { isOfServer } from "./csrf.ts";

const MAX_FOUND = 10;
const OF_REQUEST =
  /^(?:req|request|ctx|context|c|ctx\.req|ctx\.request|c\.req|event)(?:\.headers)?$/;
const UNSAFE = /^(?:post|put|patch|delete|del)$/;
/** What a path calls a change; a form for one (`edit`, `new`) is none. */
const CHANGES =
  /\b(?:delete|del|remove|destroy|drop|erase|purge|add|create|insert|update|save|change|approve|reject|toggle|like|unlike|follow|unfollow|vote|upvote|downvote|enable|disable|ban|unban|block|unblock|promote|demote|publish|unpublish|archive|restore|cancel|accept|decline|transfer|pay|checkout|clear|mark|join|leave|buy|link|unlink|connect|disconnect|attach|detach|assign|unassign|revoke|regenerate|rotate|rename|move|lock|unlock|pin|unpin|star|unstar|bookmark|subscribe|dismiss|close|reopen)\b/;
/** Links that carry their own proof, and calls of machines that carry no cookie. */
const OTHER_PROOF =
  /\b(?:token|code|key|hash|secret|signature|webhook|hook|cron|callback|confirm\w*|verify|unsubscribe|payment success|success|stripe|paypal|seed|test|migrate|debug)\b/;
const OTHER_THEMES: readonly Theme[] = [
  "signIn",
  "signOut",
  "singleSignOn",
  "reset",
  "confirmation",
  "registration",
];
/** A request that carries its credentials itself is sent by nobody's link. */
const OWN_CREDENTIALS = /^(?:authorization|x-api-key|apiKey|api_key|bearer|jwt)$/i;

const WRITES =
  /^(?:destroy|deleteOne|deleteMany|findByIdAnd(?:Delete|Remove|Update)|findOneAnd(?:Delete|Remove|Update|Replace)|updateOne|updateMany|replaceOne|insertOne|insertMany|bulkCreate|bulkWrite|upsert|increment|decrement)$/;
/** Done to a table or an index by whatever holds it. */
const DROPS = /^(?:drop|drop(?:Index(?:es)?|Collection|Database|Table|Column)|truncate|reIndex)$/;
/** Taken only on what is called like a model or a database. */
const MAY_WRITE = /^(?:create|update|delete|remove|insert|save|del)$/;
const STORE =
  /^(?:[A-Z]\w*|(?:\w+\.)*(?:prisma|db|database|knex|collection\(.*\)|models?|\w*(?:Model|Repository|Repo|Collection|Dao|DAO))(?:\.\w+)*)$|^(?:knex|trx|db)\(/;
/** Built-in and other things with a capital, or that keep nothing. */
const NO_STORE =
  /^(?:Object|Map|Set|Array|Promise|Reflect|JSON|Date|Math|URL|Buffer|Error|Cookies?|Cache|Logger|Log|Logs|Session|.*(?:Log|Audit|View|Visit|Hit|Stat|Statistic|Analytic|Event|History|Cache)s?)$/i;
const SQL = /^[`'"\s]*(?:delete\s+from|update\s+\S+\s+set|(?:insert|replace)\s+into)\s+([\w"`.]+)/i;

export function safeMethods(project: ScriptProject): readonly Observation[] {
  const found: Observation[] = [];
  for (const route of routesOf(project)) {
    if (found.length >= MAX_FOUND) break;
    const change = changeAt(project, route);
    if (change === undefined) continue;
    const verb = route.method === "get" ? "A GET" : "Any request, a GET too,";
    found.push({
      topic: "safe-methods",
      place: placeOf(route.node),
      kind: "fault",
      what: `${verb} of ${route.path} changes something: ${textOf(change)}.`,
      remedy: "Take POST, PUT or DELETE for it, with the check that other such requests have.",
    });
  }
  return found;
}

function changeAt(project: ScriptProject, route: Route): ts.Node | undefined {
  const { method, path } = route;
  if (method !== "get" && method !== "all") return undefined;
  const words = wordsOf(path);
  if (OTHER_PROOF.test(words)) return undefined;
  if (!CHANGES.test(words) && !alsoUnsafe(project, route)) return undefined;
  if (OTHER_THEMES.some((theme) => isAbout(theme, path)) || !isOfServer(project, route))
    return undefined;
  const handlers = handlersOf(project, route);
  const last = handlers.at(-1);
  const own = last === undefined ? [] : ownWords(last);
  const said = [...handlers.slice(0, -1).flatMap((one) => [...flowOf(project, one).words]), ...own];
  if (said.some((word) => OWN_CREDENTIALS.test(word))) return undefined;
  // A handler of several methods asks for the one it means; what stands before it may ask for another reason.
  if ((method === "all" ? said : own).includes("method")) return undefined;
  for (const handler of handlers) {
    const write = writeIn(project, handler, 0);
    if (write !== undefined) return write;
  }
  return undefined;
}

/** The same path with the same last handler takes a POST: what that one does, the GET does too. */
function alsoUnsafe(project: ScriptProject, route: Route): boolean {
  const last = route.handlers.at(-1)?.getText();
  if (last === undefined || isFunctionNode(bare(route.handlers.at(-1) as ts.Expression)))
    return false;
  return routesOf(project).some(
    (other) =>
      UNSAFE.test(other.method) &&
      other.path === route.path &&
      other.handlers.at(-1)?.getText() === last &&
      other.node.getSourceFile() === route.node.getSourceFile(),
  );
}

/** What a handler says of the request itself: what it sends elsewhere has headers and methods too. */
function ownWords(handler: FunctionNode): readonly string[] {
  return [...nodesOf(handler)].flatMap((node) => {
    if (ts.isElementAccessExpression(node) && /\bheaders$/.test(node.expression.getText()))
      return ts.isStringLiteralLike(node.argumentExpression) ? [node.argumentExpression.text] : [];
    if (ts.isPropertyAccessExpression(node))
      return OF_REQUEST.test(node.expression.getText()) ? [node.name.text] : [];
    const [first] = ts.isCallExpression(node) ? node.arguments : [];
    return first !== undefined && ts.isStringLiteralLike(first) ? [first.text] : [];
  });
}

function handlersOf(project: ScriptProject, route: Route): readonly FunctionNode[] {
  if (ts.isMethodDeclaration(route.node)) return [route.node];
  return route.handlers.flatMap((one) => handlerOf(project, one) ?? []);
}

function writeIn(project: ScriptProject, root: FunctionNode, depth: number): ts.Node | undefined {
  for (const node of nodesOf(root)) {
    if (!ts.isCallExpression(node)) continue;
    if (isWrite(node)) return node;
    if (depth >= 2) continue;
    for (const target of targetsOf(project, node)) {
      if (target !== root && writeIn(project, target, depth + 1) !== undefined) return node;
    }
  }
  return undefined;
}

function isWrite(node: ts.CallExpression): boolean {
  const callee = bare(node.expression);
  const name = calleeName(node) ?? "";
  const [first] = node.arguments;
  if (/^(?:query|execute|run|exec|raw|prepare|\$executeRaw)$/.test(name) && first !== undefined) {
    const table = SQL.exec(first.getText())?.[1];
    return table !== undefined && !NO_STORE.test(table.replace(/["`]/g, ""));
  }
  if (!ts.isPropertyAccessExpression(callee)) return false;
  const owner = callee.expression.getText();
  const last = owner.split(".").at(-1) ?? "";
  if (/session|cookie|cache|redis/i.test(owner) || NO_STORE.test(last)) return false;
  if (isCount(node)) return false;
  if (DROPS.test(name)) return true;
  // A method of a record saves what it belongs to.
  if (name === "save")
    return STORE.test(owner) || owner === "this" || isRecord(bare(callee.expression));
  if (WRITES.test(name)) return /^(?!res|req|ctx|socket|stream)/.test(owner);
  return MAY_WRITE.test(name) && STORE.test(owner);
}

/** What was looked up, or made by a model: `const post = await Post.findById(id)`, `(error, post) => …`. */
function isRecord(node: ts.Expression): boolean {
  if (!ts.isIdentifier(node) || /^(?:req|request|res|response|ctx|context|c)$/.test(node.text))
    return false;
  const binding = bindingOf(node);
  if (binding?.kind === "parameter") {
    const call = binding.node.parent.parent;
    return ts.isCallExpression(call) && /^find/.test(calleeName(call) ?? "");
  }
  const initial =
    binding?.kind === "variable" && binding.path.length === 0 && binding.node.initializer;
  if (!initial) return false;
  const made = bare(initial);
  if (ts.isNewExpression(made)) return !NO_STORE.test(made.expression.getText());
  return ts.isCallExpression(made) && /^find/.test(calleeName(made) ?? "");
}

/** Counting views, or noting when somebody was here, is no change that is asked for. */
function isCount(node: ts.CallExpression): boolean {
  return node.arguments.some((one) =>
    /\b(?:views?|visits?|hits|clicks|viewCount|downloads|lastSeen|last_seen|lastActive|lastAccess\w*)\b/.test(
      one.getText(),
    ),
  );
}
