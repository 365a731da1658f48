/**
 * Whether sign-ins and failed attempts are written to a log, by what the handlers of a sign-in log and where.
 * @module
 */
import ts from "typescript";
import type { AuditLogEvidence, PresenceEvidence } from "../../../evidence.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, isFunctionNode } from "../../script/script-syntax.ts";
import { type FlowEvent, flowOf } from "../code/flow.ts";
import { wordsOf } from "../code/identity.ts";
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
  const [first] = relevant.length > 0 ? relevant : signIns;
  if (first === undefined) return undefined;
  const logs = relevant.flatMap((one) => logsOf(one));
  const verifiers = verifiersOf(project).flatMap((node) =>
    flowOf(project, node).events.flatMap((event) =>
      event.kind === "log" ? { event, isAfter: false } : [],
    ),
  );
  const all = [...logs, ...verifiers];
  const none = (what: string): PresenceEvidence => ({
    present: false,
    place: first.change.place,
    why: `No ${what} is recorded.`,
  });
  const success = all.find(({ event, isAfter }) => saysSuccess(event, isAfter));
  const failure = all.find(({ event }) => saysFailure(event));
  return {
    success: success === undefined ? none("sign-in") : seen(success.event),
    failure: failure === undefined ? none("failed attempt") : seen(failure.event),
  };
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

function seen(event: FlowEvent): PresenceEvidence {
  return { present: true, place: placeOf(event.node), why: `${textOf(event.node)} records it.` };
}

/** What is logged, without what is only computed for it. */
function messageOf(event: FlowEvent): string {
  return ts.isCallExpression(event.node)
    ? wordsOf(event.node.arguments.map((one) => one.getText()).join(" "))
    : "";
}

function saysFailure(event: FlowEvent): boolean {
  if (isOfError(event)) return false;
  return FAILS.test(messageOf(event));
}

function saysSuccess(event: FlowEvent, isAfter: boolean): boolean {
  if (isOfError(event) || saysFailure(event)) return false;
  return isAfter ? !isInFailure(event.node) : SUCCEEDS.test(messageOf(event));
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
  let at: ts.Node | undefined = event.node;
  while (at !== undefined && !isFunctionNode(at)) {
    if (ts.isCatchClause(at)) return !/user|name|email|login|ip\b/i.test(messageOf(event));
    at = at.parent;
  }
  return false;
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
