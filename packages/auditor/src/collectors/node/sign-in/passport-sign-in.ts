/**
 * Sign-ins that Passport's own middleware makes.
 * @module
 */
import type ts from "typescript";
import type { PrivilegeChange } from "../../../evidence.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { functionAround } from "../../script/script-syntax.ts";
import { handlerOf } from "../code/call-targets.ts";
import { flowOf } from "../code/flow.ts";
import { isAbout } from "../code/identity.ts";
import { routesOf } from "../code/routes.ts";
import { type AutomaticSignIn, automaticSignIns, type Passport } from "../sessions/passport.ts";
import type { FoundRotation, SignIn } from "./found-sign-in.ts";

export function byPassport(project: ScriptProject, passport: Passport): SignIn[] {
  const all = automaticSignIns(project);
  return all
    .filter((one) => !isStartOf(project, one, all))
    .flatMap((one) => {
      const route = routesOf(project).find(({ node }) => contains(node, one.node));
      const theme = `${route?.path ?? ""} ${one.strategy}`;
      const handlers = (route?.handlers ?? []).flatMap(
        (argument) => handlerOf(project, argument) ?? [],
      );
      const flows = handlers.map((handler) => flowOf(project, handler));
      const events = flows.flatMap((flow) => flow.events);
      const words = new Set(flows.flatMap((flow) => [...flow.words]));
      const root = functionAround(one.node) ?? handlers[0];
      const rotates = passport.rotates;
      const own = events.find((event) => event.kind === "rotate");
      const found: FoundRotation =
        rotates === true || own === undefined
          ? {
              rotation: rotates === undefined ? "unknown" : rotates ? "rotated" : "none",
              ...(rotates && { rotationPlace: one.place }),
              why: `${passport.label} ${rotates ? "makes a new id" : "keeps the id"} in logIn, which authenticate calls.`,
            }
          : {
              rotation: "rotated",
              rotationPlace: placeOf(own.node),
              why: `${textOf(own.node, 40)} follows on the route.`,
            };
      const change: PrivilegeChange = {
        kind: kindOfStrategy(one, theme),
        place: one.place,
        ...found,
      };
      return [{ change, flow: { events, words }, handler: root, theme }];
    });
}

function kindOfStrategy(one: AutomaticSignIn, theme: string): PrivilegeChange["kind"] {
  if (isAbout("registration", theme)) return "registration";
  if (isAbout("remember", one.strategy)) return "remember-me";
  return isPasswordStrategy(one.strategy) ? "password" : "single-sign-on";
}

/** By the name of a strategy; others ask a provider. */
export function isPasswordStrategy(strategy: string): boolean {
  return /local|ldap|password|custom|login|^$/i.test(strategy);
}

/** The first of two calls with one strategy only sends the browser to the provider. */
function isStartOf(
  project: ScriptProject,
  one: AutomaticSignIn,
  all: readonly AutomaticSignIn[],
): boolean {
  const same = all.filter((other) => other.strategy === one.strategy);
  if (same.length < 2 || /local/i.test(one.strategy)) return false;
  const isBack = (other: AutomaticSignIn): boolean =>
    /Redirect|callback/i.test(other.node.getText()) ||
    /callback|return|redirect|cb\b/i.test(
      routesOf(project).find(({ node }) => contains(node, other.node))?.path ?? "",
    );
  return !isBack(one) && same.some(isBack);
}

function contains(outer: ts.Node, inner: ts.Node): boolean {
  return (
    outer.getSourceFile() === inner.getSourceFile() &&
    outer.pos <= inner.pos &&
    inner.end <= outer.end
  );
}
