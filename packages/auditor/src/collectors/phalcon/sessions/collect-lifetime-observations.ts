/**
 * When sessions begin, and whether one that is used ends all the same.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import { functionOf, isInside, namedFunctionOf } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { sessionOperations } from "../code/session-operations.ts";
import { nameFor, signInPaths } from "../sign-in/collect-sign-ins.ts";
import { isFixed, timeChecks } from "./idle-timeout.ts";

export function lifetimeObservations(phalcon: PhalconApplication): readonly Observation[] {
  return [...absoluteTimeout(phalcon), ...eagerSessions(phalcon)];
}

/** A check against a time that only signing in writes is a longest lifetime; one that is renewed is none. */
function absoluteTimeout(phalcon: PhalconApplication): readonly Observation[] {
  const paths = signInPaths(phalcon);
  const checks = timeChecks(phalcon);
  if (paths.length === 0 || checks.length === 0) return [];
  const fixed = checks.find((check) => isFixed(phalcon, check));
  const [first] = checks;
  if (fixed !== undefined) {
    const place = placeOf(fixed.file, fixed.comparison);
    const what = "A session ends some time after the sign-in, however much it is used.";
    return [{ topic: "absolute-timeout", place, kind: "good", what }];
  }
  if (first === undefined || first.keys.size === 0) return [];
  return [
    {
      topic: "absolute-timeout",
      place: placeOf(first.file, first.comparison),
      kind: "fault",
      what: "The time that a session is checked against is renewed, and nothing ends a session that is used.",
      remedy:
        "Write the time of the sign-in to the session once, and end the session when that is too long ago.",
    },
  ];
}

const EVERY_REQUEST =
  /^(beforeexecuteroute|beforedispatch|beforedispatchloop|beforehandlerequest|beforehandleroute|boot)$/i;

/** A service begins a session when somebody asks for it; a start outside of it, or before each action, does not wait. */
function eagerSessions(phalcon: PhalconApplication): readonly Observation[] {
  const eager = sessionOperations(phalcon).find(({ kind, file, node }) => {
    const named = namedFunctionOf(file, node);
    if (EVERY_REQUEST.test(named?.name ?? "")) return kind === "start" || kind === "read";
    const isInService = functionOf(file, node) !== undefined;
    return kind === "start" && !isInService && !/(^|\/)(cli|bin|console)[./]/i.test(file.file);
  });
  if (eager === undefined) return [];
  const named = namedFunctionOf(eager.file, eager.node);
  const isBelow = named !== undefined && isInside(eager.node, named.node);
  const where = isBelow ? `${nameFor(named)}, which runs before each action,` : "The bootstrap";
  return [
    {
      topic: "eager-sessions",
      place: eager.place,
      kind: "doubt",
      what: `${where} begins a session for every visitor, robots included.`,
      remedy: "Begin the session where there is something to keep, or where a cookie for one came.",
    },
  ];
}
