/**
 * Ids that change from time to time: a time in the session is compared, and the id is changed when it is long ago.
 * @module
 */
import type { Observation } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import { ancestorsOf, isInside, namedFunctionOf } from "../../php/php-walk.ts";
import type { PhalconApplication } from "../code/phalcon-application.ts";
import { runsBefore } from "../code/request-handlers.ts";
import { sessionOperations } from "../code/session-operations.ts";
import { signInPaths } from "../sign-in/collect-sign-ins.ts";
import { clockComparisons, limitIn } from "./idle-timeout.ts";

export function periodicRotation(phalcon: PhalconApplication): readonly Observation[] {
  const atSignIn = new Set(
    signInPaths(phalcon).flatMap(({ steps }) =>
      steps.filter(({ operation }) => operation?.kind === "regenerate").map(({ node }) => node),
    ),
  );
  const rotations = sessionOperations(phalcon).filter(
    // What is kept under the old id stays open to whoever copied it.
    ({ kind, deletesOld, node }) =>
      kind === "regenerate" && deletesOld !== false && !atSignIn.has(node),
  );
  const clocks = clockComparisons(phalcon);
  for (const { file, node } of rotations) {
    const scope = namedFunctionOf(file, node);
    const branches = ancestorsOf(file, node).filter(({ kind }) => kind === "if");
    const clock = clocks.find(
      (each) =>
        each.file === file &&
        scope !== undefined &&
        isInside(each.comparison, scope.node) &&
        // In the condition of the branch that it stands in, or before it: `if ($age < 900) { return; }`
        (branches.some((branch) => isInside(each.comparison, branch)) || branches.length === 0),
    );
    if (clock === undefined) continue;
    const seconds = limitIn(phalcon, file, clock.comparison);
    return [
      {
        topic: "periodic-rotation",
        place: placeOf(file, node),
        kind: "good",
        value: seconds === undefined ? "after some time" : `every ${seconds} seconds`,
        what: "The id changes when a time that the session keeps is long ago",
      },
    ];
  }
  const always = rotations.find(({ file, node }) => {
    const scope = namedFunctionOf(file, node);
    return (
      scope !== undefined &&
      runsBefore(scope) &&
      !ancestorsOf(file, node).some(({ kind }) => kind === "if" || kind === "retif")
    );
  });
  if (always === undefined) return [];
  return [
    {
      topic: "periodic-rotation",
      place: placeOf(always.file, always.node),
      kind: "good",
      value: "at each request",
      what: "The id changes before each action",
    },
  ];
}
