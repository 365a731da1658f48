/**
 * Lifetimes that code gives the cookie of one session: `req.session.cookie.maxAge = …`, and
 * `req.sessionOptions.maxAge = …` of cookie-session.
 * @module
 */
import ts from "typescript";
import type { SessionEvidence } from "../../../evidence.ts";
import { nodesOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { bare } from "../../script/script-syntax.ts";
import { isSession } from "../code/session-access.ts";
import { lifetimeSetting, settingSet } from "./setting.ts";

export interface Prolonged {
  readonly node: ts.BinaryExpression;
  /** `undefined` if it cannot be followed. */
  readonly seconds: number | undefined;
}

const OPTIONS = /^(?:\w+\.)*(?:req|request|ctx)\.sessionOptions$/;

export function prolongedCookies(project: ScriptProject): readonly Prolonged[] {
  const found: Prolonged[] = [];
  for (const source of project.filesWith(
    /(?:cookie|sessionOptions)\.(?:maxAge|expires|originalMaxAge)\s*=/,
  )) {
    for (const node of nodesOf(source)) {
      if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) {
        continue;
      }
      const name = targetName(node.left);
      if (name === undefined || isNothing(node.right)) continue;
      const seconds = secondsOf(project, name, node.right);
      // A cookie that is made to end at once signs out.
      if (seconds === undefined || seconds > 0) found.push({ node, seconds });
    }
  }
  return found;
}

function targetName(left: ts.Expression): string | undefined {
  const member = bare(left);
  if (!ts.isPropertyAccessExpression(member)) return undefined;
  if (!/^(?:maxAge|expires|originalMaxAge)$/.test(member.name.text)) return undefined;
  const owner = bare(member.expression);
  const isCookie =
    ts.isPropertyAccessExpression(owner) &&
    owner.name.text === "cookie" &&
    isSession(owner.expression);
  return isCookie || OPTIONS.test(owner.getText()) ? member.name.text : undefined;
}

function isNothing(node: ts.Expression): boolean {
  return /^(?:undefined|null|false|void 0)$/.test(bare(node).getText());
}

function secondsOf(project: ScriptProject, name: string, value: ts.Expression): number | undefined {
  const node = name === "expires" ? spanOf(bare(value)) : value;
  if (node === undefined) return undefined;
  const span = project.evaluator.evaluate(node);
  const { value: seconds } = lifetimeSetting(span, 1, {
    value: undefined,
    of: "",
    place: span.place,
  });
  return typeof seconds === "number" ? seconds : undefined;
}

/** `new Date(Date.now() + span)` */
function spanOf(node: ts.Expression): ts.Expression | undefined {
  const sum = ts.isNewExpression(node) && node.arguments?.[0] && bare(node.arguments[0]);
  if (!sum || !ts.isBinaryExpression(sum)) return undefined;
  return /Date\.now\(\)|getTime\(\)/.test(sum.left.getText()) ? sum.right : sum.left;
}

/** Sessions with the longest lifetime that code gives their cookie, where that is longer than the options'. */
export function withProlonged(
  sessions: readonly SessionEvidence[],
  prolonged: readonly Prolonged[],
  placeOf: (node: ts.Node) => SessionEvidence["place"],
): readonly SessionEvidence[] {
  const [longest] = prolonged
    .filter(({ seconds }) => seconds !== undefined)
    .sort((left, right) => (right.seconds ?? 0) - (left.seconds ?? 0));
  if (longest?.seconds === undefined) return sessions;
  const { node, seconds } = longest;
  return sessions.map((session) => {
    const { value, origin } = session.cookie.lifetimeSeconds;
    const isLonger =
      value === "session" ||
      (typeof value === "number" ? value < seconds : origin.kind === "unknown");
    if (!isLonger) return session;
    const lifetimeSeconds = settingSet<number | "session">(seconds, placeOf(node));
    return { ...session, cookie: { ...session.cookie, lifetimeSeconds } };
  });
}
