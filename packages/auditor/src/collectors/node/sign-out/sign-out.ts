/**
 * Where somebody signs out, and what is left of the session then.
 * @module
 */
import ts from "typescript";
import type { SessionEvidence, SignOut } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import type { FunctionNode } from "../../script/script-syntax.ts";
import { property, truthOf } from "../../script/script-value.ts";
import { handlerOf } from "../code/call-targets.ts";
import { type FlowEvent, flowOf } from "../code/flow.ts";
import { callKind } from "../code/flow-events.ts";
import { handlerAround, shownAt } from "../code/handlers.ts";
import { isAbout, isIdentityKey } from "../code/identity.ts";
import { routesOf, themeOf } from "../code/routes.ts";
import { sessionActs } from "../code/session-access.ts";
import type { SetUp } from "../sessions/find-setups.ts";
import type { Passport } from "../sessions/passport.ts";

export interface HandledSignOut {
  readonly signOut: SignOut;
  readonly handler: FunctionNode;
}

export function signOutsOf(
  project: ScriptProject,
  passport: Passport,
  setUps: readonly SetUp[],
  sessions: readonly SessionEvidence[],
): readonly HandledSignOut[] {
  return [...handlersOf(project)].flatMap((handler) => {
    const signOut = signOutIn(project, handler, passport, setUps, sessions);
    return signOut === undefined ? [] : [{ signOut, handler }];
  });
}

/** Functions on a route for signing out, or called so, or that call `logout` of Passport. */
function handlersOf(project: ScriptProject): ReadonlySet<FunctionNode> {
  const found = new Set<FunctionNode>();
  for (const route of routesOf(project)) {
    const isDeletion = route.method === "delete" && isAbout("signIn", route.path);
    if (!isAbout("signOut", route.path) && !isDeletion) continue;
    for (const argument of route.handlers) {
      const handler = handlerOf(project, argument);
      if (handler !== undefined) found.add(handler);
    }
    if (ts.isMethodDeclaration(route.node)) found.add(route.node);
  }
  for (const source of project.filesWith(/session|log_?out/i)) {
    for (const node of nodesOf(source)) {
      const isLogOut = ts.isCallExpression(node) && callKind(project.evaluator, node) === "log-out";
      const ends = sessionActs(node).some(
        ({ act }) => act === "destroy" || act === "delete" || act === "empty" || act === "remove",
      );
      if (!isLogOut && !ends) continue;
      const handler = handlerAround(node);
      if (handler === undefined) continue;
      if (isLogOut || isAbout("signOut", themeOf(project, handler))) found.add(handler);
    }
  }
  return found;
}

function signOutIn(
  project: ScriptProject,
  handler: FunctionNode,
  passport: Passport,
  setUps: readonly SetUp[],
  sessions: readonly SessionEvidence[],
): SignOut | undefined {
  const { events } = flowOf(project, handler);
  const first = (...kinds: readonly FlowEvent["kind"][]): FlowEvent | undefined =>
    events.find(({ kind }) => kinds.includes(kind));
  const isStateless = sessions.length > 0 && sessions.every((one) => one.isStateless);
  const at = (event: FlowEvent, effect: SignOut["effect"], why: string): SignOut => ({
    place: placeOf(shownAt(handler, event)),
    effect,
    why,
  });
  const destroyed = first("destroy", "delete");
  if (destroyed !== undefined) {
    const what = textOf(destroyed.node, 40);
    return isStateless
      ? at(destroyed, "cookie-cleared", `${what} drops the cookie; the server keeps nothing.`)
      : at(destroyed, "destroyed", `${what} ends the session on the server.`);
  }
  const rotated = first("rotate");
  if (rotated !== undefined && !isStateless) {
    return at(
      rotated,
      "destroyed",
      `${textOf(rotated.node, 40)} ends the old session on the server.`,
    );
  }
  const emptied = first("empty");
  if (emptied !== undefined) return whenEmptied(emptied, setUps, isStateless, at);
  const loggedOut = first("log-out");
  if (loggedOut !== undefined) {
    if (passport.rotates === true && !isStateless) {
      return at(loggedOut, "destroyed", `${passport.label} ends the session in logout.`);
    }
    if (passport.rotates === undefined) {
      return at(
        loggedOut,
        "unknown",
        `What logout ends depends on the version of ${passport.label}.`,
      );
    }
    return at(
      loggedOut,
      "key-removed",
      `Logout of ${passport.label} removes the user's key and keeps the session.`,
    );
  }
  const removed = events.find(({ kind, key }) => kind === "remove" && isIdentityKey(key ?? ""));
  if (removed !== undefined) {
    return at(
      removed,
      "key-removed",
      `${textOf(removed.node)} removes a key; the session and its id live on.`,
    );
  }
  const cleared = first("clear-cookie");
  if (cleared === undefined) return undefined;
  return isStateless
    ? at(cleared, "cookie-cleared", "The cookie is cleared; the server keeps nothing.")
    : at(cleared, "nothing", "Only the browser's cookie is cleared: a copy of it stays signed in.");
}

/** `req.session = null` means something else to each library. */
function whenEmptied(
  event: FlowEvent,
  setUps: readonly SetUp[],
  isStateless: boolean,
  at: (event: FlowEvent, effect: SignOut["effect"], why: string) => SignOut,
): SignOut {
  const [setUp] = setUps;
  const what = textOf(event.node, 40);
  if (isStateless)
    return at(event, "cookie-cleared", `${what} drops the cookie; the server keeps nothing.`);
  if (setUp?.library.startsWith("koa"))
    return at(event, "destroyed", `${what} ends the session on the server.`);
  const unset = setUp && property(setUp.options, "unset");
  const destroys =
    unset?.kind === "literal" && unset.value === "destroy" && truthOf(unset) === true;
  return destroys
    ? at(event, "destroyed", `${what} ends the session, since "unset" is "destroy".`)
    : at(
        event,
        "nothing",
        `${what} forgets the session for this request only; the store keeps it.`,
      );
}
