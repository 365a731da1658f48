/**
 * How the session's id changes on one path that signs somebody in: what comes before what.
 * @module
 */
import type { Place, Rotation } from "../../../evidence.ts";
import { placeOf } from "../../php/php-file.ts";
import { isCredentialCheck } from "../code/credential-check.ts";
import { precedes, type Step } from "../code/trace.ts";

export interface RotationSeen {
  readonly rotation: Rotation;
  readonly place?: Place;
  readonly why: string;
}

/** @param write The step of the trace that writes the identity. */
export function rotationAround(steps: readonly Step[], write: Step): RotationSeen {
  const at = steps.indexOf(write);
  const rotations = steps.filter(({ operation }) => operation?.kind === "regenerate");
  const before = rotations.filter((step) => steps.indexOf(step) < at);
  const after = rotations.filter((step) => steps.indexOf(step) > at);
  const check = steps.slice(0, at).findLast(isCredentialCheck);

  const sure = before.findLast((step) => precedes(step, write) === "always");
  if (sure !== undefined) {
    if (check !== undefined && steps.indexOf(check) > steps.indexOf(sure)) {
      return seen(
        "before-check",
        sure,
        "the id changes before the credentials are checked, and not after",
      );
    }
    const late = startsLate(steps, sure);
    if (late !== undefined) return seen("none", sure, late);
    return seen("rotated", sure, "the id changes before the identity is written");
  }
  const following = after.find(
    (step) => precedes(write, step) === "always" && !isOptional(step, write),
  );
  if (following !== undefined) {
    if (following.operation?.deletesOld === true) {
      return seen(
        "rotated",
        following,
        "the id changes after the identity is written, and the old session is deleted",
      );
    }
    const why = "the id changes after the identity is written, and the old session keeps it";
    return following.operation?.deletesOld === false
      ? seen("old-session-kept", following, why)
      : seen("unknown", following, "whether the old session is deleted is computed");
  }
  const [maybe] = [...before, ...after];
  if (maybe !== undefined && sameFunction(maybe, write)) {
    return seen("unknown", maybe, "the id changes in a branch that need not run on this path");
  }
  return { rotation: "none", why: "nothing changes the session's id on this path" };
}

function seen(rotation: Rotation, { operation, file, node }: Step, why: string): RotationSeen {
  return { rotation, place: operation?.place ?? placeOf(file, node), why };
}

/** A rotation that comes later, in a branch of its own. */
function isOptional(step: Step, write: Step): boolean {
  return precedes(step, write) === "sometimes";
}

/** Without an active session both Phalcon's and PHP's functions do nothing. */
function startsLate(steps: readonly Step[], rotation: Step): string | undefined {
  const start = steps.find(({ operation }) => operation?.kind === "start");
  if (start === undefined || !sameFunction(start, rotation)) return undefined;
  return steps.indexOf(start) > steps.indexOf(rotation)
    ? "the id is changed before the session is started, where that does nothing"
    : undefined;
}

function sameFunction(left: Step, right: Step): boolean {
  return left.within.node === right.within.node;
}
