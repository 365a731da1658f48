/**
 * Actions of a front controller that the application wrote itself: one class for each, without any route.
 * @module
 */
import type { PhpCode } from "../../php/php-code.ts";
import type { PhpFunction } from "../../php/php-walk.ts";
import { classesOf, runsOutsideRequests } from "./code-roles.ts";
import type { Action } from "./routes.ts";

const IN_ACTIONS = /\\Actions?\\[^\\]+$/;
const RUNS: readonly string[] = ["execute", "run", "handle"];

/** Its address is found by its name, and no method is refused. */
export function frontActions(code: PhpCode): Action[] {
  return classesOf(code).flatMap((each): Action[] => {
    if (!IN_ACTIONS.test(each.name ?? "") || each.node.isAbstract === true) return [];
    if (each.parent === undefined || runsOutsideRequests(code, each)) return [];
    const method = RUNS.flatMap((name) => each.methods.get(name) ?? [])[0];
    return method === undefined || method.node.visibility === "private"
      ? []
      : [{ method, methods: [] }];
  });
}

export function isFrontAction({ name, of }: PhpFunction): boolean {
  return (
    RUNS.includes((name ?? "").toLowerCase()) &&
    of?.parent !== undefined &&
    IN_ACTIONS.test(of.name ?? "")
  );
}
