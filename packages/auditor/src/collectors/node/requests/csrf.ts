/**
 * What stands between other sites and the requests that change something.
 * @module
 */
import ts from "typescript";
import type { CsrfEvidence, PrivilegeChange, SessionEvidence } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare, functionAround, isFunctionNode } from "../../script/script-syntax.ts";
import { handlerOf } from "../code/flow.ts";
import { CSRF_PACKAGES, usesOfPackages } from "../code/protections.ts";
import { type Route, routesOf } from "../code/routes.ts";
import { earlierThan, guardsOf, handedOnProtection, isBehind, isGuarded } from "./csrf-guards.ts";

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
  const unsafe = routesOf(project).filter(
    (route) => UNSAFE.test(route.method) && isOfServer(project, route),
  );
  const guards = guardsOf(project);
  const whole = guards.find(({ router }) => router === undefined);
  if (whole !== undefined) {
    return withGaps(
      whole.node,
      `${textOf(whole.node)} stands before every request.`,
      earlierThan(project, whole.node, unsafe),
      "comes before the check.",
    );
  }
  const own = ownCheck(project);
  if (own !== undefined) {
    return {
      cover: "protected",
      place: placeOf(own),
      why: `${textOf(own)} checks where a request comes from.`,
      gaps: [],
    };
  }
  const guarded = unsafe.filter(
    (route) => isGuarded(project, route) || guards.some((guard) => isBehind(guard, route)),
  );
  const [first] = guarded;
  if (first !== undefined) {
    const open = unsafe.filter((route) => !guarded.includes(route));
    return withGaps(first.node, "Some routes check a token.", open, "has no check of its own.");
  }
  const isAsked = signIns.some(({ kind }) => kind === "password" || kind === "registration");
  if (unsafe.length === 0 && !isAsked) return undefined;
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

function withGaps(place: ts.Node, why: string, open: readonly Route[], what: string): CsrfEvidence {
  const gaps = open.slice(0, MAX_GAPS).map((route) => gapAt(route, what));
  return { cover: gaps.length === 0 ? "protected" : "partial", place: placeOf(place), why, gaps };
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

/** A comparison of a token, of Origin or of Sec-Fetch-Site that refuses what does not match. */
function ownCheck(project: ScriptProject): ts.Node | undefined {
  for (const source of project.filesWith(/csrf|xsrf|sec-fetch-site|x-requested-with/i)) {
    for (const node of nodesOf(source)) {
      if (!ts.isBinaryExpression(node) || !isComparison(node)) continue;
      const text = node.getText();
      // The handler of a library's error is no check of its own.
      if (/EBADCSRFTOKEN|\berr(?:or)?\b|Error\b/.test(text)) continue;
      const isToken =
        /csrf|xsrf/i.test(text) && /cookies?|session|header|body|token|get\(/i.test(text);
      const isOrigin = /sec-fetch-site|x-requested-with/i.test(text);
      if (!isToken && !isOrigin) continue;
      const around = functionAround(node);
      if (
        around !== undefined &&
        /\b403\b|forbidden|\bthrow\b|next\(\s*(?:new|err|create)|unauthori[sz]ed|\b419\b|\b400\b/i.test(
          around.getText(),
        )
      )
        return node;
    }
  }
  return undefined;
}

function isComparison(node: ts.BinaryExpression): boolean {
  const { kind } = node.operatorToken;
  return (
    kind === ts.SyntaxKind.EqualsEqualsEqualsToken ||
    kind === ts.SyntaxKind.ExclamationEqualsEqualsToken ||
    kind === ts.SyntaxKind.EqualsEqualsToken ||
    kind === ts.SyntaxKind.ExclamationEqualsToken
  );
}
