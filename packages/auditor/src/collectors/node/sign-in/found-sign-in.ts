/**
 * A way in, as it was found in a handler's flow.
 * @module
 */
import type { PrivilegeChange, Rotation } from "../../../evidence.ts";
import type { FunctionNode } from "../../script/script-syntax.ts";
import type { Flow } from "../code/flow.ts";

export interface SignIn {
  readonly change: PrivilegeChange;
  /** Everything that happens for the request, for those who look for logs and limits. */
  readonly flow: Flow;
  readonly handler: FunctionNode | undefined;
  /** What the handler is about. */
  readonly theme: string;
}

/** What happens to the session's id on the way. */
export interface FoundRotation {
  readonly rotation: Rotation;
  readonly rotationPlace?: PrivilegeChange["place"];
  readonly why: string;
}
