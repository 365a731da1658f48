/**
 * Limits of how many sessions an account may have: rows of sessions that a sign-in counts and ends, or the one id
 * that an account keeps and every request is compared with.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { child, nameOf, type PhpNode, placeOf, textOf } from "../../php/php-file.ts";
import { indexPhp, namedFunctionOf } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { type Step, traceOf } from "../code/trace.ts";
import { placeOfStep, signInPaths } from "./collect-sign-ins.ts";

/** Rows that stand for sessions of somebody; tokens that remember people are others. */
const SESSIONS =
  /^(user|account|member|person|people|admin|staff|active|open|live|signed)?_?(sessions?|devices?|visits?)(list|index|registry|repository|store|s)?$|^(session|device)s?_?(registry|list|index|of\w*)$|^(active|user|account)_?(logins?|tokens?)$/i;
const ENDS = /^(delete|destroy|remove|revoke|end|invalidate|expire|kick|forget|zrem|srem|del)\w*$/;
const COUNTS = /^(count|scard|zcard|hlen|llen|sizeof)$/;
const SAYS_SO =
  /^(limit|cap|enforce|trim|restrict|keep)_?\w*(sessions?|devices?)\w*$|^(end|kick|revoke|destroy|delete|remove|invalidate|close)_?(other|oldest|all|previous|surplus|older)_?\w*(sessions?|devices?|logins?|clients?)$/;

export function concurrentSessions(phalcon: PhalconApplication): readonly Observation[] {
  for (const { steps, write } of signInPaths(phalcon)) {
    const limited = limitIn(phalcon, steps);
    if (limited !== undefined) {
      return [
        {
          topic: "concurrent-sessions",
          place: placeOfStep(limited),
          kind: "good",
          value: "limited",
          what: "A sign-in ends the account's other sessions, or the oldest of them",
        },
      ];
    }
    const only = onlyOne(phalcon, steps, write);
    if (only !== undefined) {
      return [
        {
          topic: "concurrent-sessions",
          place: placeOf(only.file, only.node),
          kind: "good",
          value: "one",
          what: "The account keeps the id of its one session, and a request with another is turned away",
        },
      ];
    }
  }
  return [];
}

function limitIn(phalcon: PhalconApplication, steps: readonly Step[]): Step | undefined {
  // Said by its name, and something is ended in it.
  const named = steps.find(
    ({ call }) =>
      call !== undefined &&
      SAYS_SO.test(call.name) &&
      steps.some(
        ({ within, call: inner }) =>
          within.name?.toLowerCase() === call.name && ENDS.test(inner?.name ?? ""),
      ),
  );
  if (named !== undefined) return named;
  return steps.find((step) => {
    const { call, within } = step;
    if (call === undefined || (!COUNTS.test(call.name) && !/^find/.test(call.name))) return false;
    if (!isAboutSessions(step)) return false;
    const near = steps.filter((each) => each.within.node === within.node);
    const isCompared = near.some(
      ({ node, file }) =>
        node.kind === "bin" && /^[<>]=?$/.test(String(node.type)) && hasNumber(phalcon, file, node),
    );
    return isCompared && near.some((each) => ENDS.test(each.call?.name ?? "") || refuses(each));
  });
}

function hasNumber(phalcon: PhalconApplication, file: Step["file"], node: PhpNode): boolean {
  return ["left", "right"].some((side) => {
    const value = child(node, side);
    if (value === undefined) return false;
    const known = phalcon.evaluate(file, value);
    return known.kind === "known" && typeof known.value === "number";
  });
}

function refuses({ call }: Step): boolean {
  return (
    call !== undefined &&
    (call.form === "new" ? /exception$/i.test(call.className ?? "") : call.name === "redirect")
  );
}

function isAboutSessions({ call, file }: Step): boolean {
  if (call === undefined) return false;
  const holder = nameOf(child(call.target, "offset")) ?? nameOf(call.target) ?? "";
  const short = (call.className ?? holder).replace(/^.*\\/, "");
  if (SESSIONS.test(short)) return true;
  return (
    call.form !== "static" &&
    call.arguments.some((argument) =>
      /sessions?:|:sessions?\b/i.test(textOf(file, argument).slice(0, 200)),
    )
  );
}

const SESSION_ID = /session_?id$|current_?session|session_?key$/i;

/** `$user->session_id = …getId()` at sign-in, and a comparison with it elsewhere. */
function onlyOne(
  phalcon: PhalconApplication,
  steps: readonly Step[],
  write: Step,
): { readonly file: Step["file"]; readonly node: PhpNode } | undefined {
  const keeps = steps.some(({ node, file }) => {
    const left = node.kind === "assign" ? child(node, "left") : undefined;
    const right = child(node, "right");
    return (
      left?.kind === "propertylookup" &&
      SESSION_ID.test(nameOf(child(left, "offset")) ?? "") &&
      right !== undefined &&
      /->getId\(\)|session_id\(\)/i.test(textOf(file, right))
    );
  });
  if (!keeps) return undefined;
  for (const file of phalcon.code.files) {
    for (const node of indexPhp(file).ofKind("bin")) {
      if (!/^[!=]==?$/.test(String(node.type))) continue;
      const text = textOf(file, node);
      if (!/session_?id|session_?key/i.test(text) || !/->getId\(\)|session_id\(\)/i.test(text))
        continue;
      const within = namedFunctionOf(file, node);
      if (within === undefined || within.node === write.within.node) continue;
      const ends = traceOf(phalcon, within).some(
        ({ operation }) => operation?.kind === "destroy" || operation?.kind === "remove",
      );
      if (ends) return { file, node };
    }
  }
  return undefined;
}
