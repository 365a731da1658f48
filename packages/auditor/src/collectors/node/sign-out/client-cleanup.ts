/**
 * What signing out leaves in the browser: the session's cookie, if nobody removes it with the path and domain
 * that it was set with.
 * @module
 */
import ts from "typescript";
import type { Observation, SessionEvidence } from "../../../evidence.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { property, shipped, type Value } from "../../script/script-value.ts";
import type { Flow } from "../code/flow.ts";
import { requestFlow } from "../code/handlers.ts";
import type { HandledSignOut } from "./sign-out.ts";

const topic = "client-cleanup";
/** Words of code that may remove the cookie in a way that is not followed. */
const MAY_REMOVE = /^(?:set-cookie|cookies|setCookie|cookie|serialize|expires|removeHeader)$/i;

export function clientCleanup(
  project: ScriptProject,
  sessions: readonly SessionEvidence[],
  signOuts: readonly HandledSignOut[],
): readonly Observation[] {
  const [session, ...others] = sessions;
  // Which of several cookies a sign-out means cannot be told.
  if (session === undefined || others.length > 0) return [];
  return signOuts.flatMap((one) => {
    const found = atSignOut(project, session, one);
    return found === undefined ? [] : [found];
  });
}

function atSignOut(
  project: ScriptProject,
  session: SessionEvidence,
  { signOut, handler }: HandledSignOut,
): Observation | undefined {
  const flow = requestFlow(project, handler);
  const { place, effect } = signOut;
  if ([...flow.words].some((word) => /^clear-site-data$/i.test(word))) {
    return { topic, place, kind: "good", what: "Signing out sends Clear-Site-Data." };
  }
  if (effect === "cookie-cleared") {
    return { topic, place, kind: "good", what: signOut.why };
  }
  const clears = flow.events.flatMap(({ kind, node }) =>
    kind === "clear-cookie" && ts.isCallExpression(node) ? [node] : [],
  );
  const name = session.cookie.name.value;
  if (clears.length > 0) {
    if (name === undefined) return undefined;
    const names = clears.map((call) => clearedName(project, call));
    const own = clears[names.indexOf(name)];
    if (own !== undefined) return atClear(project, session, own);
    if (names.includes(undefined)) return undefined;
  }
  if (!isKeptByBrowser(session, flow, name)) return undefined;
  return {
    topic,
    place,
    kind: "fault",
    what: `Signing out ends the session on the server and leaves the cookie ${name ?? "of the session"} in the browser.`,
    remedy: `Clear the cookie after the session is destroyed: res.clearCookie(${JSON.stringify(name ?? "name")}), with the path and domain that it is set with.`,
  };
}

/** express-session sends no cookie once its session is destroyed; other libraries remove theirs. */
function isKeptByBrowser(session: SessionEvidence, flow: Flow, name: string | undefined): boolean {
  if (!session.library.startsWith("express-session ") && session.library !== "express-session")
    return false;
  const isDestroyed = flow.events.some(({ kind }) => kind === "destroy");
  const isReplaced = flow.events.some(({ kind }) => kind === "rotate" || kind === "write");
  const isElsewhere = [...flow.words].some((word) => word === name || MAY_REMOVE.test(word));
  return isDestroyed && !isReplaced && !isElsewhere;
}

/** The name in `clearCookie(name)` and in `deleteCookie(context, name)`. */
function clearedName(project: ScriptProject, call: ts.CallExpression): string | undefined {
  for (const argument of call.arguments.slice(0, 2)) {
    const value = shipped(project.evaluator.evaluate(argument));
    if (value.kind === "literal" && typeof value.value === "string") return value.value;
  }
  return undefined;
}

/** A cookie is another one to the browser if its path or domain differs. */
function atClear(
  project: ScriptProject,
  { cookie }: SessionEvidence,
  call: ts.CallExpression,
): Observation | undefined {
  const place = placeOf(call);
  const given = call.arguments.at(-1);
  const isNamed = call.arguments.length > 1 && given !== undefined;
  const options = isNamed ? project.evaluator.evaluate(given) : undefined;
  const isPlain = options !== undefined && shipped(options).kind === "literal";
  if (options !== undefined && !isPlain && (options.kind !== "object" || options.isOpen))
    return undefined;
  const path = textOption(options, isPlain, "path", "/");
  const domain = textOption(options, isPlain, "domain", "");
  if (path === undefined || domain === undefined) return undefined;
  const differs: string[] = [];
  if (cookie.path.value !== undefined && cookie.path.value !== path)
    differs.push(`path ${cookie.path.value}`);
  if (cookie.domain.value !== undefined && bareDomain(cookie.domain.value) !== bareDomain(domain))
    differs.push(`domain ${cookie.domain.value || "of the single host"}`);
  if (differs.length === 0) {
    return { topic, place, kind: "good", what: `${textOf(call)} removes the session's cookie.` };
  }
  return {
    topic,
    place,
    kind: "fault",
    what: `${textOf(call)} leaves the cookie in the browser: it is set with ${differs.join(" and ")}.`,
    remedy: "Clear the cookie with the same path and domain as it is set with.",
  };
}

function textOption(
  options: Value | undefined,
  isPlain: boolean,
  name: string,
  otherwise: string,
): string | undefined {
  if (options === undefined || isPlain) return otherwise;
  const value = shipped(property(options, name));
  if (value.kind !== "literal") return undefined;
  return typeof value.value === "string" ? value.value : otherwise;
}

function bareDomain(domain: string): string {
  return domain.replace(/^\./, "").toLowerCase();
}
