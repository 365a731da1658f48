/**
 * What kind of request signs out: one that any link or image makes, or one that is meant.
 * @module
 */
import type ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { functionName } from "../../script/script-syntax.ts";
import { isAbout } from "../code/identity.ts";
import { type Route, routesTo, themeOf } from "../code/routes.ts";
import type { HandledSignOut } from "./sign-out.ts";

const SAFE = /^(?:get|all|any|use|head)$/;
const REMEDY = "Sign out by POST, with the check that other such requests have.";

export function logoutMethods(
  project: ScriptProject,
  signOuts: readonly HandledSignOut[],
): readonly Observation[] {
  return signOuts.flatMap(({ handler, signOut }) => {
    if (!isAbout("signOut", themeOf(project, handler))) return [];
    const routes = routesTo(project, handler).filter(isForSignOut);
    const open = routes.find(({ method }) => SAFE.test(method));
    if (open !== undefined) return [fault(open.node, open.method, open.path)];
    const [first] = routes;
    if (first !== undefined) return [good(first)];
    // A file is the route, and the function's name the method.
    const method = functionName(handler) ?? "";
    if (/^(?:GET|loader)$/.test(method)) return [fault(handler, "get", signOut.place.file)];
    return /^(?:POST|DELETE)$/.test(method)
      ? [
          {
            topic: "logout-method",
            place: signOut.place,
            kind: "good",
            what: `Signing out takes a ${method}.`,
          },
        ]
      : [];
  });
}

/** A middleware on every route, or on one for something else, is no address that signs out. */
function isForSignOut({ method, path }: Route): boolean {
  return (
    isAbout("signOut", path) || (method !== "use" && method !== "all" && isAbout("signIn", path))
  );
}

function fault(node: ts.Node, method: string, path: string): Observation {
  const verb = /^(?:get|head)$/.test(method) ? "a GET" : "any request";
  const what = `Signing out takes ${verb} of ${path}, which any link or image makes.`;
  return { topic: "logout-method", place: placeOf(node), kind: "fault", what, remedy: REMEDY };
}

function good({ node, method, path }: Route): Observation {
  const what = `Signing out takes a ${method.toUpperCase()} of ${path}.`;
  return { topic: "logout-method", place: placeOf(node), kind: "good", what };
}
