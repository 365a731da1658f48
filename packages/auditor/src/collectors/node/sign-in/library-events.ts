/**
 * What a library that brings sign-in itself tells, and whether the application takes its events.
 * @module
 */
import type {
  AuditLogEvidence,
  CsrfEvidence,
  PresenceEvidence,
  PrivilegeChange,
  RememberMeEvidence,
  SignOut,
} from "../../../evidence.ts";
import { property, type Value } from "../../script/script-value.ts";
import type { SetUp } from "../sessions/find-setups.ts";

export interface LibrarySignIn {
  readonly changes: readonly PrivilegeChange[];
  readonly signOuts: readonly SignOut[];
  readonly csrf: CsrfEvidence | undefined;
  readonly throttling: PresenceEvidence | undefined;
  readonly auditLog: AuditLogEvidence | undefined;
  /** Where the library brings it itself. */
  readonly rememberMe?: RememberMeEvidence | undefined;
}

export function hooks(
  options: Value,
  place: SetUp["place"],
  names: readonly string[],
): AuditLogEvidence {
  const name = names.find((one) => !isAbsent(property(options, one)));
  const at = name === undefined ? place : property(options, name).place;
  const event: PresenceEvidence = {
    present: name === undefined ? false : undefined,
    place: at,
    why:
      name === undefined
        ? "Nothing takes the library's events."
        : `"${name}" takes events; whether it records them is to be seen there.`,
  };
  return { success: event, failure: event };
}

export function isAbsent(value: Value): boolean {
  return value.kind === "literal" && value.value === undefined;
}
