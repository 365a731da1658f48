/**
 * Where passwords and roles change, and what happens to sessions then.
 * @module
 */
import ts from "typescript";
import type { PrivilegeChange } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import type { FunctionNode } from "../../script/script-syntax.ts";
import type { Flow, FlowEvent } from "../code/flow.ts";
import { callKind, expressionKind } from "../code/flow-events.ts";
import { requestFlow, rootsOf, shownAt, takesRequest } from "../code/handlers.ts";
import { isAbout } from "../code/identity.ts";
import { routesTo, themeOf } from "../code/routes.ts";
import type { Passport } from "../sessions/passport.ts";

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
  const found = new Map<FunctionNode, HandledChange>();
  for (const source of project.filesWith(/pass(?:word|wd)|pwd|role|isAdmin/i)) {
    for (const node of nodesOf(source)) {
      const kind = kindAt(project, node);
      if (kind === undefined) continue;
      for (const { handler } of rootsOf(project, node)) {
        if (found.has(handler)) continue;
        const change = changeIn(project, passport, handler, node, kind);
        if (change !== undefined) found.set(handler, { change, handler, node });
      }
    }
  }
  return [...found.values()];
}

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
): PrivilegeChange | undefined {
  // A script or a seed changes passwords too, and has no session.
  if (!takesRequest(handler) && routesTo(project, handler).length === 0) return undefined;
  const flow = requestFlow(project, handler);
  const index = flow.events.findIndex((event) => event.node === node);
  const event = flow.events[index];
  if (event === undefined) return undefined;
  const theme = themeOf(project, handler);
  const isNewAccount = flow.events.some(({ kind }) => kind === "create");
  if (isNewAccount && !isAbout("password", theme) && !isAbout("reset", theme)) return undefined;
  if (isAbout("registration", theme) || isSignIn(flow, theme)) return undefined;
  if (topic === "role-set" && !isAbout("role", theme)) return undefined;
  return {
    kind: topic === "password-set" ? "password-change" : "role-change",
    place: placeOf(shownAt(handler, event)),
    ...sessionsAfter(flow, passport, topic),
  };
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
  const others = flow.events.some(({ kind }) => kind === "end-others") ? "ended" : "kept";
  const end = flow.events.find((event) => endsOwn(event, passport));
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

function endsOwn({ kind }: FlowEvent, passport: Passport): boolean {
  if (kind === "rotate" || kind === "destroy" || kind === "delete" || kind === "empty") return true;
  return (kind === "log-in" || kind === "log-out") && passport.rotates === true;
}
