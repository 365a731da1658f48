/**
 * Whether sign-ins and failed attempts are written to a log, by what the handlers of a sign-in log and where.
 * @module
 */
import ts from "typescript";
import type { AuditLogEvidence, PresenceEvidence } from "../../../evidence.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, calleeName, isFunctionNode, isWithin } from "../../script/script-syntax.ts";
import { type FlowEvent, flowOf } from "../code/flow.ts";
import { wordsOf } from "../code/identity.ts";
import { isRecordKept } from "../code/log-calls.ts";
import { verifiersOf } from "../code/passport-verifiers.ts";
import type { SignIn } from "./found-sign-in.ts";

const FAILS =
  /\b(?:fail\w*|invalid|incorrect|wrong|unknown|denied|reject\w*|unauthori[sz]ed|refused|bad|mismatch|no such|not found|does not exist|doesn t exist|not exist|attempts?|locked|blocked|forbidden|unsuccessful)\b/;
const SUCCEEDS =
  /\b(?:success\w*|succeeded|logged in|logs in|login complete|signed in|authenticated|correct|complete|authentication ok|new login|user login|logged|welcome)\b/;

export function auditLogOf(
  project: ScriptProject,
  signIns: readonly SignIn[],
): AuditLogEvidence | undefined {
  const relevant = signIns.filter(({ change }) => change.kind !== "registration");
  const asked = relevant.length > 0 ? relevant : signIns;
  const [first] = asked;
  if (first === undefined) return undefined;
  const logs = asked.flatMap((one) => logsOf(one));
  const verifiers = verifiersOf(project).map((node) => flowOf(project, node).events);
  // Who is asked for a password can be refused; a provider does that itself.
  const refusing = verifiers.filter((events) => events.some(({ kind }) => kind === "check"));
  const none = (what: string): PresenceEvidence => ({
    present: false,
    place: first.change.place,
    why: `No ${what} is recorded.`,
  });
  const success =
    logs.find(({ event, isAfter }) => saysSuccess(event, isAfter))?.event ??
    inEach(verifiers, (event) => saysSuccess(event, false));
  const failure =
    logs.find(({ event }) => saysFailure(event))?.event ??
    inEach(refusing.length > 0 ? refusing : verifiers, saysFailure) ??
    asked.flatMap(refusalsOf)[0]?.event;
  return {
    success: success === undefined ? none("sign-in") : seen(success),
    failure: failure === undefined ? none("failed attempt") : seen(failure),
  };
}

/** What one strategy of several records says nothing of the others. */
function inEach(
  flows: readonly (readonly FlowEvent[])[],
  isMeant: (event: FlowEvent) => boolean,
): FlowEvent | undefined {
  const found = flows.map((events) => events.find((one) => one.kind === "log" && isMeant(one)));
  return found.includes(undefined) ? undefined : found[0];
}

interface Log {
  readonly event: FlowEvent;
  /** It comes after the identity was written. */
  readonly isAfter: boolean;
}

function logsOf({ flow, change }: SignIn): readonly Log[] {
  const written = flow.events.findIndex(
    ({ kind, node }) =>
      (kind === "write" || kind === "log-in") && placeOf(node).line === change.place.line,
  );
  return flow.events.flatMap((event, index) =>
    event.kind === "log" ? [{ event, isAfter: written >= 0 && index > written }] : [],
  );
}

/** A provider's refusal comes as an exception of the exchange: what catches and logs it records the failure. */
function refusalsOf({ flow, change }: SignIn): readonly Log[] {
  if (change.kind !== "single-sign-on") return [];
  const exchanges = flow.events.filter(({ kind }) => kind === "single-sign-on");
  return flow.events.flatMap((event): Log[] => {
    const tried = event.kind === "log" ? triedBefore(event.node) : undefined;
    const isOfExchange = exchanges.some(({ node }) => tried !== undefined && isWithin(node, tried));
    return isOfExchange ? [{ event, isAfter: false }] : [];
  });
}

/** What failed when a node is reached: the block that was tried, or the promise that was waited for. */
function triedBefore(node: ts.Node): ts.Node | undefined {
  for (let at: ts.Node = node; at.parent !== undefined; at = at.parent) {
    if (ts.isCatchClause(at)) return at.parent.tryBlock;
    if (!isFunctionNode(at)) continue;
    const call = at.parent;
    const isHandler = ts.isCallExpression(call) && calleeName(call) === "catch";
    return isHandler ? call.expression : undefined;
  }
  return undefined;
}

export function seen(event: FlowEvent): PresenceEvidence {
  return { present: true, place: placeOf(event.node), why: `${textOf(event.node)} records it.` };
}

/** What is logged, without what is only computed for it. */
function messageOf(node: ts.Node): string {
  return ts.isCallExpression(node)
    ? wordsOf(node.arguments.map((one) => one.getText()).join(" "))
    : "";
}

export function saysFailure(event: FlowEvent): boolean {
  if (isOfError(event) || !isOfSignIn(event)) return false;
  const message = messageOf(event.node);
  return FAILS.test(message) || /\b(?:success(?:ful)?|ok|valid) false\b/.test(message);
}

export function saysSuccess(event: FlowEvent, isAfter: boolean): boolean {
  if (isOfError(event) || saysFailure(event) || !isOfSignIn(event)) return false;
  if (isAfter) return !isInFailure(event.node);
  const message = messageOf(event.node);
  return SUCCEEDS.test(message) || (isRecord(event.node) && SIGNS_IN.test(message));
}

const ABOUT =
  /\b(?:log(?:s|ged)? ?(?:in|on)|sign(?:s|ed)? ?in|auth\w*|credentials?|pass(?:word|wd)?|users?|user ?name|accounts?|e ?mail|attempts?|otp|totp|2fa|identity|welcome)\b/;
/** Levels that nobody keeps in production. */
const DROPPED = /(?:^|\.)(?:debug|verbose|trace|silly)$/;

/** Whether a record is kept and is about who signs in: a sign-in's way leads past much that logs. */
function isOfSignIn({ node }: FlowEvent): boolean {
  if (!ts.isCallExpression(node) || DROPPED.test(node.expression.getText())) return false;
  return isRecord(node) || ABOUT.test(messageOf(node));
}

const SIGNS_IN = /\b(?:log ?in|sign ?in|authenticat\w+)\b/;

/** What is kept for the purpose says "login" of one that succeeded. */
function isRecord(node: ts.Node): boolean {
  return ts.isCallExpression(node) && isRecordKept(node);
}

/** `catch (error) { logger.error(error) }` records faults of the program, not of who signs in. */
function isOfError(event: FlowEvent): boolean {
  if (!ts.isCallExpression(event.node)) return true;
  const list = event.node.arguments.map((one) => bare(one));
  if (list.length === 0) return true;
  const isBare = list.every(
    (one) => ts.isIdentifier(one) && /^(?:e|ex|err|error|exception)$/i.test(one.text),
  );
  if (isBare) return true;
  return (
    triedBefore(event.node) !== undefined &&
    !/user|name|email|login|ip\b/i.test(messageOf(event.node))
  );
}

function isInFailure(node: ts.Node): boolean {
  let inner = node;
  for (let at = node.parent; at !== undefined && !isFunctionNode(at); inner = at, at = at.parent) {
    if (ts.isCatchClause(at)) return true;
    if (
      ts.isIfStatement(at) &&
      inner === at.thenStatement &&
      /^\(?\s*(?:err|error|!)/i.test(at.expression.getText())
    )
      return true;
  }
  return false;
}
