/**
 * What stands between other sites and the requests that change something.
 * @module
 */
import ts from "typescript";
import type { CsrfEvidence, Place, PrivilegeChange, SessionEvidence } from "../../../evidence.ts";
import { placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, isFunctionNode } from "../../script/script-syntax.ts";
import { handlerOf } from "../code/call-targets.ts";
import { CSRF_PACKAGES, usesOfPackages } from "../code/protections.ts";
import { type Route, routesOf } from "../code/routes.ts";
import {
  earlierThan,
  guardsOf,
  handedOnProtection,
  isBehind,
  isGuarded,
  sessionRouter,
  withoutOtherRouters,
} from "./csrf-guards.ts";
import { unsafeFileRoutes } from "./file-routes.ts";
import { ownCheckOf } from "./own-check.ts";

const CSRF_TEXT = /csrf|csurf|lusca|xsrf/i;
const UNSAFE = /^(?:post|put|patch|delete|del|all)$/;
const MAX_GAPS = 10;

export function csrfOf(
  project: ScriptProject,
  sessions: readonly SessionEvidence[],
  signIns: readonly PrivilegeChange[],
): CsrfEvidence | undefined {
  const [session] = sessions;
  if (session === undefined) return undefined;
  const registered = routesOf(project).filter(
    (route) => UNSAFE.test(route.method) && isOfServer(project, route),
  );
  const router = sessionRouter(project, session.place);
  const unsafe = withoutOtherRouters(project, router, registered);
  const guards = guardsOf(project);
  const whole = guards.find((guard) => guard.router === undefined || guard.router === router?.name);
  if (whole !== undefined) {
    return withGaps(
      whole.node,
      `${textOf(whole.node)} stands before every request.`,
      earlierThan(project, whole.node, unsafe),
      "comes before the check.",
    );
  }
  const own = ownCheckOf(project);
  if (own !== undefined && own.routes === undefined) {
    return {
      cover: "protected",
      place: placeOf(own.node),
      why: `${textOf(own.node)} checks where a request comes from.`,
      gaps: [],
    };
  }
  const guarded = unsafe.filter(
    (route) =>
      isGuarded(project, route) ||
      own?.routes?.includes(route) === true ||
      guards.some((guard) => isBehind(guard, route)),
  );
  const [first] = guarded;
  if (first !== undefined) {
    const open = unsafe.filter((route) => !guarded.includes(route));
    return withGaps(first.node, "Some routes check a token.", open, "has no check of its own.");
  }
  const files = unsafeFileRoutes(project);
  if (unsafe.length === 0 && session.library.startsWith("next-auth")) {
    const why = `${session.library} checks a token on its own routes.`;
    return withGaps(session.place, why, files, "has none of its own.");
  }
  if (unsafe.length === 0 && files.length === 0) {
    const action = serverAction(project);
    if (action !== undefined) {
      const why = "Next compares Origin with the host for each server action.";
      return { cover: "protected", place: placeOf(action), why, gaps: [] };
    }
  }
  const isAsked = signIns.some(({ kind }) => kind === "password" || kind === "registration");
  if (unsafe.length === 0 && files.length === 0 && !isAsked) return undefined;
  const [setUp] = usesOfPackages(project, CSRF_PACKAGES, CSRF_TEXT);
  const handedOn = handedOnProtection(project);
  if (handedOn !== undefined) {
    return {
      cover: "unknown",
      place: placeOf(handedOn),
      why: `${textOf(handedOn)} is handed on, and which requests it guards cannot be followed.`,
      gaps: [],
    };
  }
  return {
    cover: "none",
    place: setUp === undefined ? session.place : placeOf(setUp.call),
    why:
      setUp === undefined
        ? "Nothing tells a request of this site from one that another site sends."
        : `${setUp.module} is set up, and no route uses what it makes.`,
    gaps: [],
  };
}

/** A file whose functions Next takes from forms. */
function serverAction(project: ScriptProject): ts.Node | undefined {
  const [file] = project.filesWith(/^\s*["']use server["']/m);
  return file?.statements[0];
}

function withGaps(
  at: ts.Node | Place,
  why: string,
  open: readonly Route[],
  what: string,
): CsrfEvidence {
  const gaps = open.slice(0, MAX_GAPS).map((route) => gapAt(route, what));
  const place = "kind" in at ? placeOf(at) : at;
  return { cover: gaps.length === 0 ? "protected" : "partial", place, why, gaps };
}

function gapAt({ node, method, path }: Route, what: string): CsrfEvidence["gaps"][number] {
  return { place: placeOf(node), what: `${method.toUpperCase()} ${path || "(any path)"} ${what}` };
}

/** A call like `axios.post(url, body)` is no route of the server: its last argument is no handler. */
export function isOfServer(project: ScriptProject, route: Route): boolean {
  if (ts.isMethodDeclaration(route.node)) return true;
  if (!route.path.startsWith("/") && route.path !== "" && route.path !== "*") return false;
  if (
    /^(?:axios|http|https|api|fetch|request|got|superagent|supertest|\$http|client|agent)\b/i.test(
      route.node.getText(),
    )
  )
    return false;
  return route.handlers.some((one) => {
    const node = bare(one);
    return (
      isFunctionNode(node) ||
      handlerOf(project, one) !== undefined ||
      ts.isPropertyAccessExpression(node) ||
      ts.isCallExpression(node)
    );
  });
}
