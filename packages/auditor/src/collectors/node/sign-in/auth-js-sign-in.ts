/**
 * What next-auth and Auth.js do at sign-in and sign-out, and what an application's own comparison of
 * credentials adds.
 * @module
 */
import ts from "typescript";
import type { AuditLogEvidence, Place, PresenceEvidence } from "../../../evidence.ts";
import { nodesOf, placeOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import type { FunctionNode } from "../../script/script-syntax.ts";
import { property, shipped } from "../../script/script-value.ts";
import { type Flow, flowOf } from "../code/flow.ts";
import type { SetUp } from "../sessions/find-setups.ts";
import { saysFailure, saysSuccess, seen } from "./audit-log.ts";
import { hooks, type LibrarySignIn } from "./library-events.ts";
import { COUNTS } from "./throttling.ts";

export function byAuthJs(
  { project, options, label, place }: SetUp,
  isStateless: boolean,
): LibrarySignIn {
  const providers = shipped(property(options, "providers"));
  const names =
    providers.kind === "array"
      ? providers.items.map((one) => (one.kind === "call" ? one.module : ""))
      : [];
  const authorize = authorizers(project);
  const hasPassword = authorize.length > 0 || names.some((name) => /credentials/i.test(name));
  const flows = authorize.flatMap(({ node }) =>
    node === undefined ? [] : [flowOf(project, node)],
  );
  return {
    changes: [
      {
        kind: hasPassword ? "password" : "single-sign-on",
        place,
        rotation: "rotated",
        rotationPlace: place,
        why: `${label} makes a new token at each sign-in.`,
      },
    ],
    signOuts: [
      {
        place,
        effect: isStateless ? "cookie-cleared" : "destroyed",
        why: isStateless
          ? `${label} clears the cookie; the server keeps nothing.`
          : `${label} deletes the session at sign-out.`,
      },
    ],
    csrf: undefined,
    throttling: hasPassword ? throttling(project, label, place, authorize, flows) : undefined,
    auditLog: auditLog(hooks(options, place, ["events", "logger"]), flows),
  };
}

interface Authorizer {
  readonly place: Place;
  /** What compares the credentials, if it can be followed. */
  readonly node: FunctionNode | undefined;
}

/** `CredentialsProvider({ authorize })`, wherever it is called and put among the providers. */
function authorizers(project: ScriptProject): readonly Authorizer[] {
  const found: Authorizer[] = [];
  for (const source of project.filesWith(/providers\/credentials/)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      const callee = project.evaluator.evaluate(node.expression);
      if (callee.kind !== "external" || !/\/providers\/credentials$/.test(callee.module)) continue;
      const [given] = node.arguments;
      const authorize = given && property(project.evaluator.evaluate(given), "authorize");
      const own = authorize?.kind === "function" ? authorize.node : undefined;
      found.push({ place: placeOf(node), node: own });
    }
  }
  return found;
}

function throttling(
  project: ScriptProject,
  label: string,
  place: Place,
  authorize: readonly Authorizer[],
  flows: readonly Flow[],
): PresenceEvidence {
  const counted = flows.flatMap(({ words }) => [...words]).find((word) => COUNTS.test(word));
  const at = authorize[0]?.place ?? place;
  if (counted !== undefined) {
    return { present: true, place: at, why: `The sign-in looks at "${counted.slice(0, 40)}".` };
  }
  // A limiter in a middleware, or around the library's own route.
  const around = project.filesWith(/limit(?:er)?\b|throttl/i).find((source) => {
    const isInFront = /(?:^|\/)(?:middleware|proxy)\.[jt]s$|nextauth|auth\/\[/.test(
      source.fileName,
    );
    return isInFront && /\.(?:limit|check|consume)\s*\(|rateLimit\w*\s*\(/.test(source.text);
  });
  return around === undefined
    ? {
        present: false,
        place: at,
        why: `${label} limits no attempts, and nothing else was found that does.`,
      }
    : { present: true, place: placeOf(around), why: "A limiter stands before the sign-in." };
}

/** What the library does not tell of, the function that compares the credentials may. */
function auditLog(
  { success, failure }: AuditLogEvidence,
  flows: readonly Flow[],
): AuditLogEvidence {
  const logs = flows.flatMap(({ events }) => events.filter(({ kind }) => kind === "log"));
  const failed = logs.find((event) => saysFailure(event));
  const signedIn = logs.find((event) => saysSuccess(event, false));
  return {
    success: success.present === false && signedIn !== undefined ? seen(signedIn) : success,
    failure: failure.present === false && failed !== undefined ? seen(failed) : failure,
  };
}
