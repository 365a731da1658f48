/**
 * Code that gives a session a new id after some time, however it is used.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { child, type PhpNode, placeOf } from "../../php/php-file.ts";
import {
  ancestorsOf,
  indexPhp,
  isInside,
  namedFunctionOf,
  offsetOf,
  type PhpCall,
  type PhpFunction,
} from "../../php/php-walk.ts";
import { receiverOf, runsOutsideRequests, titleOf } from "../code/code-roles.ts";
import { codeTextOf, expandedText } from "../code/code-text.ts";
import { nameNode } from "../code/session-rotation.ts";
import type { SymfonyApplication } from "../code/symfony-application.ts";
import { comparisonsIn, secondsOf } from "./session-clock.ts";

const topic = "periodic-rotation";
const TIME =
  /\b(micro)?time\(|getTimestamp\(|->now\(|new \\?DateTime|Carbon|getCreated\(|\$(now|time)\b/;
const ENDS = /->(invalidate|clear|logout|setToken)\(/;
/** A time that the session keeps. */
const KEPT = /->get(Created|Attribute)?\(|->getMetadataBag\(|\$_SESSION\b/;

export function periodicRotation(app: SymfonyApplication): Observation[] {
  return ["migrate", "session_regenerate_id"].flatMap((name) =>
    app.code.callsNamed(name).flatMap((call): Observation[] => {
      const method = namedFunctionOf(call.file, call.node);
      if (method === undefined || runsOutsideRequests(app.code, method.of)) return [];
      if (name === "migrate" && !/session/i.test(receiverOf(call.file, call.target))) return [];
      const comparison = comparisonsIn(method).find((each) => decides(method, each, call));
      if (comparison === undefined) return [];
      const seconds = secondsOf(app.code, method, comparison);
      const title = titleOf(method).trim().replace(" ", "::");
      const what = `${title} gives the session a new id when the last one has been in use for some time.`;
      const value = seconds === undefined ? {} : { value: `every ${seconds} seconds` };
      const place = placeOf(call.file, nameNode(call) ?? call.node);
      return [{ topic, place, kind: "good", what, ...value }];
    }),
  );
}

/** The comparison is one of times, and the new id comes only if it holds. */
function decides(method: PhpFunction, comparison: PhpNode, call: PhpCall): boolean {
  if (
    !TIME.test(expandedText(method, comparison)) ||
    !KEPT.test(expandedText(method, comparison))
  ) {
    return false;
  }
  const test = ancestorsOf(method.file, comparison).find(({ kind }) => kind === "if");
  if (test === undefined) return false;
  if (isInside(call.node, test)) return true;
  const body = child(test, "body");
  // What ends the session there goes on with it here.
  if (body === undefined || ENDS.test(codeTextOf(method.file, body))) return false;
  const leaves = indexPhp(method.file)
    .ofKind("return")
    .some((each) => isInside(each, body));
  return leaves && offsetOf(test) < offsetOf(call.node);
}
