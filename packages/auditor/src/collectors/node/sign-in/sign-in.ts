/**
 * Where somebody becomes signed in, and what happens to the session's id there.
 * @module
 */
import ts from "typescript";
import type { PrivilegeChange } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, propertyName } from "../../script/script-syntax.ts";
import type { Flow, FlowEvent } from "../code/flow.ts";
import { callKind, isLogInMention } from "../code/flow-events.ts";
import { leadsTo } from "../code/flow-order.ts";
import { requestFlow, rootsOf, shownAt } from "../code/handlers.ts";
import { isAbout, isIdentityKey, isIdentityValue, isWeakIdentityKey } from "../code/identity.ts";
import { themeOf } from "../code/routes.ts";
import { isSession, sessionActs } from "../code/session-access.ts";
import type { Passport } from "../sessions/passport.ts";
import type { FoundRotation, SignIn } from "./found-sign-in.ts";
import { byPassport, isPasswordStrategy } from "./passport-sign-in.ts";

export function signInsOf(project: ScriptProject, passport: Passport): readonly SignIn[] {
  const found = [
    ...sinksOf(project).flatMap((node) => atSink(project, passport, node)),
    ...byPassport(project, passport),
  ];
  return withoutRepeats(found);
}

/** Places where an identity is written into a session, or Passport is told to. */
function sinksOf(project: ScriptProject): readonly ts.Node[] {
  const sinks: ts.Node[] = [];
  for (const source of project.filesWith(/session|sess\b|log_?in\b/i)) {
    for (const node of nodesOf(source)) {
      if (ts.isCallExpression(node) && callKind(project.evaluator, node) === "log-in")
        sinks.push(node);
      if (ts.isPropertyAccessExpression(node) && isLogInMention(node)) sinks.push(node);
      const writes = sessionActs(node).some(
        (one) => one.act === "write" && isIdentity(one.key, one.value),
      );
      if (writes && !isNested(node)) sinks.push(node);
    }
  }
  return sinks;
}

/** A value that is a text, a time or a call for one says nothing of who somebody is. */
function isIdentity(key: string, value: ts.Expression | undefined): boolean {
  if (isIdentityKey(key)) {
    return value === undefined || !/^(?:Date\.now\(\)|new Date\b)/.test(value.getText());
  }
  return value !== undefined && saysWho(key, bare(value));
}

/** `session.data = { user: user.id }`, `session.me = user` */
function saysWho(key: string, value: ts.Expression): boolean {
  if (!ts.isObjectLiteralExpression(value)) return isIdentityValue(key, value.getText());
  return value.properties.some((item) => {
    const name = propertyName(item.name) ?? "";
    if (!isIdentityKey(name)) return false;
    return isIdentityValue(key, ts.isPropertyAssignment(item) ? item.initializer.getText() : name);
  });
}

/** `req.session.user.theme = …` changes somebody who is there already. */
function isNested(node: ts.Node): boolean {
  if (!ts.isBinaryExpression(node)) return false;
  const { left } = node;
  const isMember = ts.isPropertyAccessExpression(left) || ts.isElementAccessExpression(left);
  return isMember && !isSession(left.expression) && !isSession(left);
}

function atSink(project: ScriptProject, passport: Passport, node: ts.Node): SignIn[] {
  return rootsOf(project, node).flatMap(({ handler }) => {
    const flow = requestFlow(project, handler);
    const index = flow.events.findIndex((event) => event.node === node);
    const event = flow.events[index];
    if (event === undefined) return [];
    const theme = themeOf(project, handler);
    const before = flow.events.slice(0, index);
    const kind = isOnlyKept(flow, event) ? undefined : kindOf(event, before, theme);
    if (kind === undefined) return [];
    const { rotation, rotationPlace, why } = rotationAt(flow, index, event, passport);
    const change: PrivilegeChange = {
      kind,
      place: placeOf(shownAt(handler, event)),
      rotation,
      ...(rotationPlace && { rotationPlace }),
      why,
    };
    return [{ change, flow, handler, theme }];
  });
}

/** Under a key that says nothing, where the sign-in itself stands beside it. */
function isOnlyKept({ events }: Flow, { key = "" }: FlowEvent): boolean {
  if (key === "" || isIdentityKey(key)) return false;
  return events.some(
    (one) => one.kind === "log-in" || (one.kind === "write" && isIdentityKey(one.key ?? "")),
  );
}

/** What kind of sign-in it is; `undefined` if it is none, but the upkeep of a session. */
function kindOf(
  event: FlowEvent,
  before: readonly FlowEvent[],
  theme: string,
): PrivilegeChange["kind"] | undefined {
  const has = (kind: FlowEvent["kind"]): boolean => before.some((one) => one.kind === kind);
  const key = event.key ?? "";
  const isThemed =
    isAbout("signIn", theme) || isAbout("registration", theme) || isAbout("singleSignOn", theme);
  const isProven =
    has("check") || has("single-sign-on") || has("create") || event.kind === "log-in";
  const isRead = before.some((one) => one.kind === "read" && one.key === key);
  // Somebody who is read from the session and written back was signed in before.
  if (!isProven && isRead && !isThemed && !isAbout("impersonation", theme)) return undefined;
  const isWeak = key !== "" && (isWeakIdentityKey(key) || !isIdentityKey(key));
  if (!isProven && !isThemed && isWeak) return undefined;
  // Another's account, kept for what comes next, is nobody's sign-in.
  if (isWeak && !isIdentityKey(key) && !has("check") && !has("single-sign-on")) return undefined;
  if (
    before.some((one) => one.kind === "password-set") &&
    isRead &&
    !isAbout("registration", theme)
  )
    return undefined;
  if (!isProven && !isThemed && /update|edit|profile|settings|avatar|save|refresh/i.test(theme))
    return undefined;
  if (isAbout("impersonation", theme)) return "impersonation";
  if (isAbout("remember", theme)) return "remember-me";
  if (isAbout("reset", theme)) return "reset-link";
  if (isAbout("registration", theme)) return "registration";
  if (has("single-sign-on") || (isAbout("singleSignOn", theme) && !has("check")))
    return "single-sign-on";
  // class ShopGuard extends AuthGuard("shop"): a provider by any name.
  const strategy = /\bAuthGuard\(\s*["'`]([^"'`]+)/.exec(theme)?.[1];
  if (strategy !== undefined && !isPasswordStrategy(strategy)) return "single-sign-on";
  if (has("check")) return "password";
  if (isAbout("confirmation", theme)) return "other";
  if (has("create")) return "registration";
  return isAbout("signIn", theme) || event.kind === "log-in" ? "password" : "other";
}

/** What was found out about the id at one sign-in. */
function rotationAt(
  flow: Flow,
  index: number,
  event: FlowEvent,
  passport: Passport,
): FoundRotation {
  const place = placeOf(event.node);
  if (event.kind === "log-in" && passport.rotates === true) {
    return {
      rotation: "rotated",
      rotationPlace: place,
      why: `${passport.label} makes a new id in logIn.`,
    };
  }
  const { events } = flow;
  const what = textOf(event.node);
  const before = events
    .slice(0, index)
    .filter((one) => one.kind === "rotate" && leadsTo(one, event))
    .at(-1);
  if (before !== undefined) {
    const rotationPlace = placeOf(before.node);
    const check = events
      .slice(events.indexOf(before), index)
      .find((one) => one.kind === "check" && leadsTo(one, event));
    if (check !== undefined) {
      return {
        rotation: "before-check",
        rotationPlace,
        why: `The id changes before ${textOf(check.node)} checks the credentials.`,
      };
    }
    return {
      rotation: "rotated",
      rotationPlace,
      why: `${textOf(before.node, 40)} comes before ${what}.`,
    };
  }
  const after = events.slice(index + 1).find((one) => one.kind === "rotate" && leadsTo(event, one));
  if (after === undefined) return noRotation(event, passport, what);
  const rotationPlace = placeOf(after.node);
  const again = events
    .slice(events.indexOf(after) + 1)
    .some((one) => (one.kind === "write" && isIdentityKey(one.key ?? "")) || one.kind === "log-in");
  if (again) {
    return {
      rotation: "rotated",
      rotationPlace,
      why: "The identity is written again after the id has changed.",
    };
  }
  return {
    rotation: "old-session-kept",
    rotationPlace,
    why: `${what} comes before the id changes.`,
  };
}

function noRotation(event: FlowEvent, passport: Passport, what: string): FoundRotation {
  if (event.kind !== "log-in") {
    return {
      rotation: "none",
      why: `${what} writes who somebody is into the session that was there before.`,
    };
  }
  if (passport.rotates === undefined) {
    return {
      rotation: "unknown",
      why: `Whether logIn makes a new id depends on the version of ${passport.label}.`,
    };
  }
  return {
    rotation: "none",
    why: `${passport.label} keeps the id in logIn; it makes a new one from 0.6 on.`,
  };
}

/** One entry for each place and kind: several keys are written in a row. */
function withoutRepeats(found: readonly SignIn[]): readonly SignIn[] {
  const kept: SignIn[] = [];
  for (const one of found) {
    const same = kept.find(
      (other) =>
        other.handler !== undefined &&
        other.handler === one.handler &&
        other.change.kind === one.change.kind &&
        (other.change.rotation === one.change.rotation || other.change.rotation === "none"),
    );
    const isSamePlace = kept.some(
      ({ change }) =>
        change.place.file === one.change.place.file && change.place.line === one.change.place.line,
    );
    if (same === undefined && !isSamePlace) kept.push(one);
  }
  return kept;
}
