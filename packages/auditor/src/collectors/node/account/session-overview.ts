/**
 * Whether people are shown their sessions and can end one: code that lists those of an account, and code that
 * ends one of them.
 * @module
 */
import ts from "typescript";
import type { Observation } from "../../../evidence.ts";
import { nodesOf, placeOf, textOf } from "../../script/script-file.ts";
import type { ScriptProject } from "../../script/script-project.ts";
import { calleeName } from "../../script/script-syntax.ts";

/** The list of one account's sessions, not of all or of devices of another kind. */
const LISTS =
  /^(?:(?:list|find|get|fetch)_?(?:all)?_?(?:(?:user|account|member|own|my|active|open)_?)*sessions(?:_?(?:of|by|for)_?(?:user|account|member)\w*)?|sessions(?:Of|For|By)(?:User|Account|Member)?)$/i;
const ENDS =
  /^(?:revoke|end|terminate|kill|destroy|delete|remove)_?(?:(?:user|account|member|own|my|other|one)_?)*session(?:_?by_?id)?$/i;
const ACCOUNT = /user|account|member|\b(?:uid|sub|owner|me)\b|headers/i;

export function sessionOverview(project: ScriptProject): readonly Observation[] {
  let lists: ts.CallExpression | undefined;
  let ends: ts.CallExpression | undefined;
  for (const source of project.filesWith(/sessions?/i)) {
    for (const node of nodesOf(source)) {
      if (!ts.isCallExpression(node)) continue;
      const name = calleeName(node) ?? "";
      const isAsked = node.arguments.some((one) => ACCOUNT.test(one.getText()));
      const isOfSubject =
        (name === "list" || name === "revoke") &&
        /\.subject\([^()]*\)\s*\.\w+$/.test(node.expression.getText());
      if (lists === undefined && (isOfSubject ? name === "list" : LISTS.test(name) && isAsked))
        lists = node;
      // The own session of the request is ended by signing out.
      const [first] = node.arguments;
      const isOne =
        first !== undefined && !/^(?:req|request|ctx|context|c|event)$/.test(first.getText());
      if (ends === undefined && isOne && (isOfSubject ? name === "revoke" : ENDS.test(name)))
        ends = node;
    }
  }
  if (lists === undefined || ends === undefined) return [];
  const what = `${textOf(lists, 40)} lists the sessions of an account, and ${textOf(ends, 40)} ends one.`;
  return [{ topic: "session-overview", place: placeOf(lists), kind: "good", what }];
}
