/**
 * Handlers that come by a place, each with the node of its own by which it does.
 * @module
 */
import type ts from "typescript";
import type { PrivilegeChange } from "../../../evidence.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { type FunctionNode, isWithin } from "../../script/script-syntax.ts";
import type { Flow } from "./flow.ts";
import { handlerAround } from "./handlers.ts";
import { isAbout, wordsOf } from "./identity.ts";
import { routesTo } from "./routes.ts";

export interface CookieRoot {
  readonly handler: FunctionNode;
  /** The place itself, or the call that leads to it. */
  readonly at: ts.Node;
}

const MAX_CLIMB = 4;
const MAX_CALLERS = 12;

export function cookieRoots(project: ScriptProject, node: ts.Node): readonly CookieRoot[] {
  const roots: CookieRoot[] = [];
  const seen = new Set<ts.Node>();
  const climb = (at: ts.Node, depth: number): void => {
    const handler = handlerAround(at);
    if (handler === undefined || seen.has(at)) return;
    seen.add(at);
    const isRoute = routesTo(project, handler).length > 0;
    const calls = isRoute || depth >= MAX_CLIMB ? [] : project.callsOf(handler);
    const near = calls
      .filter((call) => !isWithin(call, handler) && handlerAround(call) !== undefined)
      .slice(0, MAX_CALLERS);
    if (near.length === 0) roots.push({ handler, at });
    for (const call of near) climb(call, depth + 1);
  };
  climb(node, 0);
  return roots;
}

/** What kind of sign-in a handler is that writes the cookie; `undefined` if it is none, but upkeep. */
export function kindOfCookieSignIn(
  { events }: Flow,
  theme: string,
  readsIt: boolean,
): PrivilegeChange["kind"] | undefined {
  const has = (kind: string): boolean => events.some((one) => one.kind === kind);
  const isProven = has("check") || has("single-sign-on") || has("create");
  const words = wordsOf(theme);
  if (isAbout("impersonation", theme)) return "impersonation";
  if (!isProven) {
    const isThemed =
      isAbout("signIn", theme) || isAbout("registration", theme) || isAbout("singleSignOn", theme);
    const isUpkeep =
      readsIt || /\b(?:refresh|renew|update|edit|profile|settings|log ?out)\b/.test(words);
    if (isUpkeep || !(isThemed || isAbout("confirmation", theme) || isAbout("reset", theme)))
      return undefined;
  }
  if (isAbout("signOut", theme) || /\b(?:refresh|renew)\b/.test(words)) return undefined;
  const setsPassword = has("password-set");
  const isReset = isAbout("reset", theme);
  if (isReset) return "reset-link";
  if (
    setsPassword &&
    !has("create") &&
    !isAbout("registration", theme) &&
    !isAbout("signIn", theme)
  )
    return undefined;
  if (setsPassword && /\b(?:change|update|new) (?:my )?pass/.test(words)) return undefined;
  if (isAbout("registration", theme)) return "registration";
  if (has("single-sign-on") || (isAbout("singleSignOn", theme) && !has("check")))
    return "single-sign-on";
  if (has("check")) return "password";
  if (isAbout("confirmation", theme)) return "other";
  return has("create") && !isAbout("signIn", theme) ? "registration" : "password";
}
