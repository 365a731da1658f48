/**
 * What an application on Holdfast does at sign-in and sign-out: the calls are its own, the rest is the engine's.
 * @module
 */
import ts from "typescript";
import type {
  PresenceEvidence,
  PrivilegeChange,
  RememberMeEvidence,
  SameSiteFlag,
  SecureFlag,
  SignOut,
} from "../../../evidence.ts";
import { nodesOf, placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { calleeName } from "../../script/script-syntax.ts";
import { literal, property, propertyAt, shipped, truthOf } from "../../script/script-value.ts";
import { handlerAround, requestFlow } from "../code/handlers.ts";
import { LIMITER_PACKAGES, usesOfPackages } from "../code/protections.ts";
import type { SetUp } from "../sessions/find-setups.ts";
import { byDefault, lifetimeSetting, type Otherwise } from "../sessions/setting.ts";
import { isAbsent, type LibrarySignIn } from "./library-events.ts";

/** Sign-in and sign-out wherever the application calls them; the engine does the rest. */
export function byHoldfast(setUp: SetUp): LibrarySignIn {
  const { project, label, options, place } = setUp;
  const changes: PrivilegeChange[] = [];
  const signOuts: SignOut[] = [];
  let isChecked = false;
  for (const source of project.filesWith(/\.sign(?:In|Out)\(/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      const at = placeOf(node);
      if (calleeName(node) === "signIn") {
        const handler = handlerAround(node);
        isChecked ||=
          handler !== undefined &&
          requestFlow(project, handler).events.some(({ kind }) => kind === "check");
        changes.push({
          kind: "password",
          place: at,
          rotation: "rotated",
          rotationPlace: at,
          why: `${label} makes a new session in signIn.`,
        });
      } else if (calleeName(node) === "signOut") {
        signOuts.push({
          place: at,
          effect: "destroyed",
          why: `${label} ends the session in signOut.`,
        });
      }
    }
  }
  const refuses = shipped(propertyAt(options, ["policy", "withoutOrigin"]));
  const hasEvents = !isAbsent(property(options, "onEvent"));
  const event: PresenceEvidence = {
    present: hasEvents,
    place,
    why: hasEvents
      ? "onEvent is told of every sign-in and refusal."
      : "Nothing takes the events of the engine.",
  };
  return {
    changes,
    signOuts,
    csrf: {
      cover: "protected",
      place,
      why: `${label} refuses unsafe requests from other sites${refuses.kind === "literal" && refuses.value === "refuse" ? ", and those that do not say where they come from" : ""}.`,
      gaps: [],
    },
    throttling: throttling(project, label, changes, isChecked),
    auditLog: changes.length === 0 ? undefined : { success: event, failure: event },
    rememberMe: rememberedBy(setUp),
  };
}

/** A random token for each device, kept hashed and replaced with each use; its cookie has the session's flags. */
function rememberedBy({ project, label, options }: SetUp): RememberMeEvidence | undefined {
  const made = property(options, "rememberMe");
  if (isAbsent(made)) return undefined;
  const { place } = made;
  const [given] = made.kind === "call" ? (made.call.arguments ?? []) : [];
  const its = given === undefined ? literal(undefined, place) : project.evaluator.evaluate(given);
  const at = <T>(value: T): Otherwise<T> => ({ value, of: label, place });
  const isPlain = truthOf(propertyAt(options, ["policy", "unsafePlainHttp"])) === true;
  return {
    place,
    scheme: "random-token",
    why: `${label} keeps a token for each device and replaces it with each use.`,
    expires: true,
    secure: byDefault(at<SecureFlag>(isPlain ? "never" : "always")),
    httpOnly: byDefault(at(true)),
    sameSite: byDefault(at<SameSiteFlag>("lax")),
    lifetimeSeconds: lifetimeSetting(
      property(its, "absoluteTimeoutSeconds"),
      1000,
      at<number | "session">(2_592_000),
    ),
  };
}

/** Its throttle guards what it is told to; where passwords are compared without one, nothing does. */
function throttling(
  project: ScriptProject,
  label: string,
  [first]: readonly PrivilegeChange[],
  isChecked: boolean,
): PresenceEvidence | undefined {
  if (first === undefined) return undefined;
  for (const source of project.filesWith(/holdfast\/throttle/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      const value = project.evaluator.evaluate(node.expression);
      const isMade =
        value.kind === "external" &&
        value.module === "holdfast/throttle" &&
        value.path.join(".") === "signInThrottle";
      if (isMade && isAsked(project)) {
        const why = `signInThrottle of ${label} counts attempts and refuses more.`;
        return { present: true, place: placeOf(node), why };
      }
    }
  }
  if (!isChecked || usesOfPackages(project, LIMITER_PACKAGES, /limit|throttl|brute/i).length > 0) {
    return undefined;
  }
  const why = "Nothing counts, slows or blocks repeated attempts to sign in.";
  return { present: false, place: first.place, why };
}

/** A throttle that is made and asked for nothing slows nobody down. */
function isAsked(project: ScriptProject): boolean {
  return project
    .filesWith(/\.attempt\s*\(/)
    .some(({ text }) => /throttle\w*\s*(?:\n\s*)?\.attempt\s*\(/i.test(text));
}
