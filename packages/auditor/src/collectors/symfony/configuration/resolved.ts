/**
 * A value of the configuration with parameters and variables put in.
 * @module
 */
import type { Origin } from "../../../evidence.ts";
import type { Scalar } from "../../config/config-node.ts";

export interface Resolved {
  /** `undefined` if it is not known; `null` if it is PHP's null. */
  readonly value: Scalar | undefined;
  readonly origin: Origin;
  /** As it was written, if that says more. */
  readonly written?: string;
  /** The value is the one that holds where nobody sets the variable of this name. */
  readonly fallbackFor?: string;
  /** The variable that gave it, if one did. */
  readonly variable?: string;
}
