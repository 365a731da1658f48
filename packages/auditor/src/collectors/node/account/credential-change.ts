/**
 * Where passwords and roles change, and what happens to sessions then.
 * @module
 */
import ts from "typescript";
import type { PrivilegeChange } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { calleeName, type FunctionNode } from "../../script/script-syntax.ts";
import { type Flow, type FlowEvent, flowOf } from "../code/flow.ts";
import { callKind, expressionKind } from "../code/flow-events.ts";
import { handlerAround, requestFlow, rootsOf, shownAt, takesRequest } from "../code/handlers.ts";
import { isAbout, wordsOf } from "../code/identity.ts";
import { routesTo, themeOf } from "../code/routes.ts";
import type { Passport } from "../sessions/passport.ts";
import { MAY_TAKE_WHOLE, wholeUpdate } from "./whole-update.ts";

type Topic = "password-set" | "role-set";

export interface HandledChange {
  readonly change: PrivilegeChange;
  readonly handler: FunctionNode;
  /** The call or assignment that makes the change. */
  readonly node: ts.Node;
}

export function credentialChangesOf(
  project: ScriptProject,
  passport: Passport,
): readonly HandledChange[] {
  const found: HandledChange[] = [];
  const add = (node: ts.Node, topic: Topic, isWhole: boolean): void => {
    for (const { handler } of rootsOf(project, node)) {
      const kind = KINDS[topic];
      if (found.some((one) => one.handler === handler && one.change.kind === kind)) continue;
      const change = changeIn(project, passport, handler, node, topic, isWhole);
      if (change !== undefined) found.push({ change, handler, node });
    }
  };
  for (const source of project.filesWith(SPEAKS_OF_CHANGE)) {
    for (const node of nodesOf(source)) {
      const topic = kindAt(project, node);
      if (topic !== undefined) add(node, topic, false);
    }
  }
  for (const source of project.filesWith(MAY_TAKE_WHOLE)) {
    for (const node of nodesOf(source)) {
      const topic = ts.isCallExpression(node) ? wholeUpdate(project, node) : undefined;
      if (topic !== undefined) add(node, topic, true);
    }
  }
  return found;
}

const SPEAKS_OF_CHANGE =
  /pass(?:word|wd)|pwd|role|is_?admin|permission|privilege|access_?level|(?:user|account)_?type/i;
const KINDS = { "password-set": "password-change", "role-set": "role-change" } as const;

function kindAt(project: ScriptProject, node: ts.Node): Topic | undefined {
  const kind = ts.isBinaryExpression(node)
    ? expressionKind(node)
    : ts.isCallExpression(node)
      ? callKind(project.evaluator, node)
      : undefined;
  return kind === "password-set" || kind === "role-set" ? kind : undefined;
}

function changeIn(
  project: ScriptProject,
  passport: Passport,
  handler: FunctionNode,
  node: ts.Node,
  topic: Topic,
  isWhole: boolean,
): PrivilegeChange | undefined {
  // A script or a seed changes passwords too, and has no session.
  const isAsked =
    takesRequest(handler) ||
    routesTo(project, handler).length > 0 ||
    isOfService(handler) ||
    isServerAction(handler);
  if (!isAsked || isInBrowser(handler)) return undefined;
  const flow = flowWith(project, handler, node);
  const event: FlowEvent | undefined =
    flow.events.find((one) => one.node === node) ??
    (isWhole ? { kind: topic, node, trail: [] } : undefined);
  if (event === undefined) return undefined;
  const theme = themeOf(project, handler);
  const isNewAccount = flow.events.some(({ kind }) => kind === "create");
  if (isNewAccount && !isAbout("password", theme) && !isAbout("reset", theme)) return undefined;
  if (isAbout("registration", theme) || isSignIn(flow, theme)) return undefined;
  if (topic === "password-set" && isOfNobody(theme)) return undefined;
  if (
    topic === "role-set" &&
    !isAboutAccounts(`${theme} ${classAround(handler)?.name?.text ?? ""}`)
  )
    return undefined;
  return {
    kind: KINDS[topic],
    place: placeOf(shownAt(handler, event)),
    ...sessionsAfter(flow, passport, topic),
  };
}

function classAround({ parent }: FunctionNode): ts.ClassLikeDeclaration | undefined {
  return ts.isClassLike(parent) ? parent : undefined;
}

/** A class that a container injects is asked by handlers whose calls cannot be told by their names. */
function isOfService(handler: FunctionNode): boolean {
  const around = classAround(handler);
  if (around === undefined || !ts.isClassDeclaration(around)) return false;
  if (/seed|migrat|fixture|bootstrap|command|cli/i.test(around.name?.text ?? "")) return false;
  return (ts.getDecorators(around) ?? []).some((one) =>
    /^@(?:Injectable|Resolver)\b/.test(one.getText()),
  );
}

/** A page's own code sends the new password; what happens then happens on the server. */
function isInBrowser(handler: FunctionNode): boolean {
  const { fileName, text } = handler.getSourceFile();
  if (/^\s*["']use client["']/m.test(text)) return true;
  const isOfPage =
    /\.(?:[jt]sx|vue|svelte)$/.test(fileName) ||
    /(?:from|require\()\s*["'](?:react|vue)["']/.test(text);
  return isOfPage && !ON_SERVER.test(text);
}

const ON_SERVER =
  /["']use server["']|export\s+(?:async\s+)?(?:function|const)\s+(?:action|loader|getServerSideProps)\b/;

/** A function that forms of Next call takes no request. */
function isServerAction(handler: FunctionNode): boolean {
  const { text } = handler.getSourceFile();
  return /^\s*["']use server["']/m.test(text.slice(0, 400));
}

/** A method called like those of libraries (`update`) is not walked into: what it does is added. */
function flowWith(project: ScriptProject, handler: FunctionNode, node: ts.Node): Flow {
  const flow = requestFlow(project, handler);
  const around = handlerAround(node);
  if (around === undefined || flow.events.some((one) => one.node === node)) return flow;
  const inner = flowOf(project, around);
  return {
    events: [...flow.events, ...inner.events],
    words: new Set([...flow.words, ...inner.words]),
  };
}

/** Rights are given where accounts are managed; elsewhere a role is a field like others. */
function isAboutAccounts(theme: string): boolean {
  if (isAbout("role", theme)) return true;
  const words = wordsOf(theme);
  if (/\b(?:invit\w*|import|seed|sync|install|callback|create|new|add)\b/.test(words)) return false;
  return /\b(?:users?|accounts?|admins?|administrators?|members?|employees?|staff|customers?|promote|demote)\b/.test(
    words,
  );
}

const OF_THINGS =
  /\b(?:devices?|brokers?|clients?|templates?|projects?|instances?|teams?|agents?|bots?|connections?|databases?|servers?|mailbox(?:es)?|smtp|webhooks?|integrations?|certificates?)\b/;
const OF_SIGN_IN = /\b(?:callback|sso|saml|oidc|oauth2?)\b/;
const OF_PEOPLE =
  /\b(?:users?|accounts?|members?|profile|me|my|pass(?:word|wd)?s?|pwd|reset|forgot)\b/;

/** Devices and mail servers have passwords too, and who signs in by a provider gets one that nobody knows. */
function isOfNobody(theme: string): boolean {
  const words = wordsOf(theme);
  return (OF_THINGS.test(words) || OF_SIGN_IN.test(words)) && !OF_PEOPLE.test(words);
}

/** Hashes are renewed at sign-in; nobody's password changes. */
function isSignIn(flow: Flow, theme: string): boolean {
  if (isAbout("password", theme) || isAbout("reset", theme)) return false;
  const writes = flow.events.some(({ kind }) => kind === "write" || kind === "log-in");
  return writes && isAbout("signIn", theme) && !/change|update|edit|settings/i.test(theme);
}

function sessionsAfter(
  flow: Flow,
  passport: Passport,
  topic: Topic,
): Pick<PrivilegeChange, "rotation" | "rotationPlace" | "why" | "others"> {
  const subject = topic === "password-set" ? "The password" : "The role";
  const ending = flow.events.find(({ kind }) => kind === "end-others");
  const others = ending === undefined ? "kept" : "ended";
  // Whose role changes is another than who changes it: his sessions are the ones that must end.
  const end =
    topic === "role-set"
      ? (ending ?? flow.events.find(({ kind }) => kind === "rotate"))
      : flow.events.find((event) => endsOwn(event, passport));
  if (end === undefined) {
    return { rotation: "none", why: `${subject} changes and the session stays as it is.`, others };
  }
  return {
    rotation: "rotated",
    rotationPlace: placeOf(end.node),
    why: `${textOf(end.node, 40)} belongs to the change of ${subject.toLowerCase()}.`,
    others,
  };
}

function endsOwn({ kind, node }: FlowEvent, passport: Passport): boolean {
  if (kind === "end-others") return endsAll(node);
  if (kind === "rotate" || kind === "destroy" || kind === "delete" || kind === "empty") return true;
  return (kind === "log-in" || kind === "log-out") && passport.rotates === true;
}

/** `revokeAllSessions(user.id)`: told of none to spare, it ends the one that asks too. */
function endsAll(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || node.arguments.length !== 1) return false;
  return (
    /_?all_?\w*sessions$/i.test(calleeName(node) ?? "") && !/other|except/i.test(node.getText())
  );
}
