/**
 * A way in, as it was traced.
 * @module
 */
import type { PrivilegeChange } from "../../../evidence.ts";
import type { PhpFunction } from "../../php/php-walk.ts";
import type { Step } from "../code/trace.ts";

/** A path that signs somebody in, from the function that a request reaches. */
export interface SignInPath {
  readonly entry: PhpFunction;
  readonly steps: readonly Step[];
  readonly write: Step;
  readonly change: PrivilegeChange;
}
