/**
 * What slows down whoever tries passwords: limiters on the route, captchas, counters of failures.
 * @module
 */
import ts from "typescript";
import type { Place, PresenceEvidence } from "../../../evidence.ts";
import { durationMs } from "../../script/duration.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { calleeName } from "../../script/script-syntax.ts";
import { property, shipped, type Value } from "../../script/script-value.ts";
import { flowOf } from "../code/flow.ts";
import { verifiersOf } from "../code/passport-verifiers.ts";
import { isMadeBy, LIMITER_PACKAGES, usesOfPackages } from "../code/protections.ts";
import { type Route, routesOf, routesTo } from "../code/routes.ts";
import type { SignIn } from "./found-sign-in.ts";

/** Names and texts of code that counts failures or asks for proof of a person. */
export const COUNTS: RegExp =
  /captcha|turnstile|(?:login|fail\w*|sign_?in|password|auth|wrong)_?attempts?|attempts?_?(?:count|left|remaining|exceeded)|^attempts$|lock(?:ed)?_?(?:until|out\w*|ed_?at|time)|is_?locked|account_?locked|lock_?account|rate_?limit|throttl|brute|too_?many|slow_?down/i;
const LIMITER_NAME = /limit(?:er)?|throttl|brute|captcha|slow_?down|bounce|lockout/i;
const LIMITER_TEXT = /rate-?limit|limiter|brute|slow-down|throttler|captcha|bouncer|throttle/i;
/** Allowed for a whole site, this many requests a minute do not keep anybody from guessing. */
const SLOW_PER_MINUTE = 30;

export function throttlingOf(
  project: ScriptProject,
  signIns: readonly SignIn[],
): PresenceEvidence | undefined {
  const passwords = signIns.filter(({ change }) => change.kind === "password");
  const [first] = passwords;
  if (first === undefined) return undefined;
  for (const one of passwords) {
    const found = aroundSignIn(project, one);
    if (found !== undefined) return found;
  }
  return (
    forWholeSite(project) ?? {
      present: false,
      place: first.change.place,
      why: "Nothing counts, slows or blocks repeated attempts to sign in.",
    }
  );
}

function aroundSignIn(
  project: ScriptProject,
  { change, flow, handler }: SignIn,
): PresenceEvidence | undefined {
  const routes =
    handler === undefined
      ? routesOf(project).filter(({ node }) => isAt(node, change.place))
      : routesTo(project, handler);
  const around = routesOf(project).filter(({ node }) => isAt(node, change.place));
  for (const route of [...routes, ...around]) {
    const limiter = route.handlers.find(
      (one) =>
        isMadeBy(project, one, LIMITER_PACKAGES) ||
        (!ts.isFunctionLike(one) &&
          !ts.isStringLiteralLike(one) &&
          LIMITER_NAME.test(textOf(one, 200))),
    );
    if (limiter !== undefined) {
      return {
        present: true,
        place: placeOf(limiter),
        why: `${textOf(limiter)} stands before the sign-in.`,
      };
    }
    if (/@(?:Throttle|UseGuards\([^)]*Throttl)/.test(route.node.getText().slice(0, 2000))) {
      return {
        present: true,
        place: placeOf(route.node),
        why: "A throttling guard stands before the sign-in.",
      };
    }
    const inFront = forPath(project, route);
    if (inFront !== undefined) return inFront;
  }
  const verifiers = flow.events.some(({ kind }) => kind === "log-in") ? verifiersOf(project) : [];
  const words = [flow, ...verifiers.map((node) => flowOf(project, node))].flatMap((one) => [
    ...one.words,
  ]);
  const word = words.find((one) => COUNTS.test(one));
  if (word !== undefined) {
    return {
      present: true,
      place: change.place,
      why: `The sign-in looks at "${word.slice(0, 40)}".`,
    };
  }
  return undefined;
}

function isAt(node: ts.Node, place: Place): boolean {
  const source = node.getSourceFile();
  if (source.fileName !== place.file) return false;
  const position = source.getPositionOfLineAndCharacter(place.line - 1, place.column - 1);
  return node.getStart() <= position && position < node.getEnd();
}

/** `app.use("/auth", limiter)` in front of a route, also where a router adds the rest of the path. */
function forPath(project: ScriptProject, route: Route): PresenceEvidence | undefined {
  for (const use of routesOf(project)) {
    if (use.method !== "use" || use.path === "" || use.path === "/") continue;
    const isInFront =
      route.path.startsWith(use.path) || /auth|login|sign|session|user|account/i.test(use.path);
    if (!isInFront) continue;
    const limiter = use.handlers.find((one) => isMadeBy(project, one, LIMITER_PACKAGES));
    if (limiter !== undefined) {
      return {
        present: true,
        place: placeOf(limiter),
        why: `A limiter stands before ${use.path}.`,
      };
    }
  }
  return undefined;
}

/** A limiter in front of everything: enough if it is slow, doubtful if it was made for load. */
function forWholeSite(project: ScriptProject): PresenceEvidence | undefined {
  const guard = project
    .filesWith(/APP_GUARD/)
    .find((source) => /useClass:\s*\w*Throttler\w*Guard/.test(source.text));
  if (guard !== undefined) {
    return {
      present: true,
      place: placeOf(guard),
      why: "A throttling guard stands before every route.",
    };
  }
  for (const { call, module } of usesOfPackages(project, LIMITER_PACKAGES, LIMITER_TEXT)) {
    if (isForOther(project, call)) continue;
    const perMinute = rateOf(project, call);
    const isSlow = perMinute !== undefined && perMinute <= SLOW_PER_MINUTE;
    return {
      present: isSlow ? true : undefined,
      place: placeOf(call),
      why: isSlow
        ? `${module} limits every route to ${Math.round(perMinute)} requests a minute.`
        : `${module} limits the site as a whole; whether that slows guessing down depends on its limit.`,
    };
  }
  // A plug-in loaded by its place in a folder is never called by name.
  for (const source of project.filesWith(/@fastify\/rate-limit|fastify-rate-limit/)) {
    if (!/export\s+default/.test(source.text)) continue;
    return {
      present: undefined,
      place: placeOf(source),
      why: "A limiter is set up for the site as a whole.",
    };
  }
  return undefined;
}

/** A limiter that stands on routes of its own is none for the sign-in. */
function isForOther(project: ScriptProject, call: ts.CallExpression): boolean {
  const { parent } = call;
  if (calleeName(call) === "register" || calleeName(call) === "use") return false;
  const declaration = ts.isVariableDeclaration(parent) ? parent : undefined;
  const name =
    declaration !== undefined && ts.isIdentifier(declaration.name)
      ? declaration.name.text
      : undefined;
  const users = routesOf(project).filter(({ handlers }) =>
    handlers.some(
      (one) =>
        one === call || (name !== undefined && new RegExp(`\\b${name}\\b`).test(textOf(one, 100))),
    ),
  );
  return !users.some(
    ({ method, path }) =>
      method === "use" && (path === "" || path === "/" || /^\/(?:api|v\d)/.test(path)),
  );
}

function rateOf(project: ScriptProject, call: ts.CallExpression): number | undefined {
  for (const argument of call.arguments) {
    const made = project.evaluator.evaluate(argument);
    // app.use(limiter): the limits stand where the limiter is made.
    if (made.kind === "call" && ts.isCallExpression(made.call) && made.call !== call) {
      const inner = rateOf(project, made.call);
      if (inner !== undefined) return inner;
    }
  }
  for (const argument of call.arguments) {
    const options = project.evaluator.evaluate(argument);
    const count = numberAt(options, ["max", "limit", "points", "freeRetries"]);
    const span = numberAt(options, ["windowMs", "timeWindow", "interval", "ttl"]);
    const seconds = numberAt(options, ["duration"]);
    const minutes = span !== undefined ? span / 60_000 : seconds !== undefined ? seconds / 60 : 1;
    if (count !== undefined) return count / Math.max(minutes, 1 / 60);
  }
  return undefined;
}

function numberAt(options: Value, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = shipped(property(options, name));
    if (value.kind !== "literal" || value.value === undefined) continue;
    const number = durationMs(value.value);
    if (number !== undefined) return number;
  }
  return undefined;
}
