/**
 * Whether the number of an account's sessions is limited: code that counts them and ends or refuses one, or that
 * lets one session alone be the account's.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { calleeName, type FunctionNode, functionAround } from "../../script/script-syntax.ts";
import { property, propertyAt, shipped } from "../../script/script-value.ts";
import { flowOf } from "../code/flow.ts";
import { isOrder, isUsed } from "../code/in-use.ts";
import type { SetUp } from "../sessions/find-setups.ts";

const topic = "concurrent-sessions";
/** Sessions of an account as a list or a number, by what they are called. */
const COUNT =
  /\b\w*(?:sessions|sids|devices)(?:\.length|\.size)\b|\b\w*sessions?_?count\w*\b|\bcount\w*sessions\w*\b/i;
const LIMIT = /\b\w*(?:max|limit|allowed)\w*\b|\b[1-9]\d{0,2}\b/i;
/** Any number against a limit that is called after sessions. */
const NUMBER = /count|card|total|length|size|number/i;
const SESSION_LIMIT =
  /\b\w*(?:max|limit|allowed)\w*(?:sessions?|devices?)\w*\b|\b\w*(?:sessions?|devices?)\w*(?:max|limit|allowed)\w*\b/i;
const ENDS =
  /^(?:destroy|del|delete\w*|remove\w*|revoke\w*|end\w*|kill\w*|invalidate\w*|unlink|zrem\w*|lrem|ltrim|zpop\w*|lpop|rpop|spop|shift|destroySession)$/i;
/** The id that an account says is its only one. */
const ONLY =
  /\b(?:current|active|last|only)_?session_?(?:id|token)?\b|\buser\w*\.(?:session_?id|session_?token)\b/i;

export function concurrentSessions(
  project: ScriptProject,
  setUps: readonly SetUp[],
): readonly Observation[] {
  const library = setUps.flatMap(byHoldfast);
  if (library.length > 0) return library;
  for (const source of project.filesWith(/session/i)) {
    if (/\.[jt]sx$/.test(source.fileName)) continue;
    for (const node of nodesOf(source)) {
      const found = isOrder(node) ? limitAt(project, node) : onlyAt(project, node);
      if (found !== undefined) return [found];
    }
  }
  return [];
}

function limitAt(project: ScriptProject, node: ts.BinaryExpression): Observation | undefined {
  const sides = [node.left.getText(), node.right.getText()];
  const isCount = sides.some(
    (one, index) =>
      (COUNT.test(one) && LIMIT.test(sides[1 - index] ?? "")) ||
      (NUMBER.test(one) && SESSION_LIMIT.test(sides[1 - index] ?? "")),
  );
  if (!isCount) return undefined;
  const handler = functionAround(node);
  if (handler === undefined || !isUsed(project, handler) || !endsOne(project, handler)) {
    return undefined;
  }
  const what = `${textOf(node)} counts the sessions of an account, and one beyond the limit ends.`;
  return { topic, place: placeOf(node), kind: "good", what, value: textOf(node) };
}

/** Ends a session other than by signing out, or refuses the new one. */
function endsOne(project: ScriptProject, handler: FunctionNode): boolean {
  for (const node of nodesOf(handler)) {
    if (ts.isThrowStatement(node)) return true;
    const isEnding = ts.isCallExpression(node) && ENDS.test(calleeName(node) ?? "");
    if (isEnding && !/^(?:res|response|reply|app|router)\b/.test(node.getText())) return true;
    if (ts.isCallExpression(node) && /\b(?:403|409|429)\b/.test(node.getText())) return true;
  }
  return flowOf(project, handler).events.some(({ kind }) => kind === "end-others");
}

/** `if (user.currentSessionId !== req.sessionID) req.session.destroy()` */
function onlyAt(project: ScriptProject, node: ts.Node): Observation | undefined {
  if (!ts.isBinaryExpression(node)) return undefined;
  const { kind } = node.operatorToken;
  const isUnequal =
    kind === ts.SyntaxKind.ExclamationEqualsEqualsToken ||
    kind === ts.SyntaxKind.ExclamationEqualsToken;
  const text = isUnequal ? node.getText() : "";
  if (!ONLY.test(text) || !/\b(?:sessionID|session\.id|sid)\b/.test(text)) return undefined;
  const handler = functionAround(node);
  if (handler === undefined || !isUsed(project, handler)) return undefined;
  const what = `${textOf(node)} lets the newest session alone be the account's.`;
  return { topic, place: placeOf(node), kind: "good", what, value: "one" };
}

/** Holdfast counts by itself: 50 of one account unless the policy says otherwise. */
function byHoldfast({ library, label, options, place }: SetUp): Observation[] {
  if (library !== "holdfast") return [];
  const policy = property(options, "policy");
  const given = shipped(propertyAt(policy, ["sessionsPerSubject"]));
  const isSet = given.kind === "literal" && typeof given.value === "number";
  if (isSet && given.value === 0) {
    return [
      {
        topic,
        place: given.place,
        kind: "fault",
        what: "sessionsPerSubject is 0: an account may have any number of sessions.",
        value: "unlimited",
        remedy: "Leave sessionsPerSubject out, or set the number that an account needs.",
      },
    ];
  }
  return [
    {
      topic,
      place: isSet ? given.place : place,
      kind: "good",
      what: `${label} counts the sessions of an account and ends or refuses one beyond sessionsPerSubject.`,
      value: isSet ? `${given.value} of an account` : "50 of an account",
      ...(!isSet && { origin: { kind: "default" as const, of: label, place } }),
    },
  ];
}
