/**
 * Where somebody signs out of a session that a cookie of the application's own keeps.
 * @module
 */
import type ts from "typescript";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { type FunctionNode, isWithin } from "../../script/script-syntax.ts";
import { handlerOf } from "../code/call-targets.ts";
import { isAbout } from "../code/identity.ts";
import type { OwnCookie } from "../code/own-cookie.ts";
import { cookieRoots } from "../code/own-cookie-roots.ts";
import { isDeletion } from "../code/own-cookie-store.ts";
import { reachedFrom } from "../code/own-cookie-targets.ts";
import { routesOf, themeOf } from "../code/routes.ts";
import type { HandledSignOut } from "./sign-out.ts";

export function ownCookieSignOuts(cookies: readonly OwnCookie[]): readonly HandledSignOut[] {
  const found: HandledSignOut[] = [];
  for (const cookie of cookies) {
    for (const [handler, cleared] of handlersOf(cookie)) {
      if (found.some((one) => one.handler === handler)) continue;
      const signOut = signOutIn(cookie, handler, cleared);
      if (signOut !== undefined) found.push({ signOut, handler });
    }
  }
  return found;
}

/** Handlers about signing out, each with where it clears the cookie, if it does. */
function handlersOf({
  project,
  clears,
}: OwnCookie): ReadonlyMap<FunctionNode, ts.Node | undefined> {
  const found = new Map<FunctionNode, ts.Node | undefined>();
  for (const { node } of clears) {
    for (const { handler, at } of cookieRoots(project, node)) {
      if (isSignOut(project, handler)) found.set(handler, at);
    }
  }
  for (const route of routesOf(project)) {
    if (!isAbout("signOut", route.path)) continue;
    const last = route.handlers.at(-1);
    const handler = last && handlerOf(project, last);
    if (handler !== undefined && !found.has(handler)) found.set(handler, undefined);
  }
  return found;
}

function isSignOut(project: ScriptProject, handler: FunctionNode): boolean {
  const theme = themeOf(project, handler);
  if (isAbout("signOut", theme)) return true;
  return routesOf(project).some(
    ({ method, path, handlers, node }) =>
      method === "delete" &&
      isAbout("signIn", path) &&
      (node === handler || handlers.some((one) => isWithin(handler, one))),
  );
}

function signOutIn(
  { project, token }: OwnCookie,
  handler: FunctionNode,
  cleared: ts.Node | undefined,
): HandledSignOut["signOut"] | undefined {
  if (token.kind !== "kept") {
    return cleared === undefined
      ? undefined
      : {
          place: placeOf(cleared),
          effect: "cookie-cleared",
          why: `${textOf(cleared)} clears the cookie; the server keeps nothing.`,
        };
  }
  for (const node of reachedFrom(project, handler)) {
    if (!isDeletion(node, token.kept)) continue;
    const place = placeOf(isWithin(node, handler) ? node : (cleared ?? handler));
    return { place, effect: "destroyed", why: `${textOf(node)} deletes the token that is kept.` };
  }
  if (cleared === undefined) return undefined;
  return {
    place: placeOf(cleared),
    effect: "key-removed",
    why: `${textOf(cleared)} clears the browser's cookie, and the token that is kept stays good.`,
  };
}
