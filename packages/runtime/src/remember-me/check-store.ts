/**
 * What a store must be able to for remember-me, asked once at start-up.
 * @module
 */
import { SessionError } from "../errors.ts";
import type { Remembering } from "./series.ts";

/**
 * Without an index nothing ends the devices of an account together: a changed password would leave whoever
 * knew the old one remembered for weeks.
 *
 * @throws {SessionError} HOLDFAST_OPTION
 * @see ASVS 5.0, 7.4.3; CWE-613
 */
export function checkStore({ core, options }: Remembering): void {
  const { store, credentialStamp } = core.options;
  if (store.traits.index) return;
  const lacks = `${store.name} lacks the trait "index"`;
  const faults: string[] = [];
  if (options.onTheft === "account") {
    faults.push(`"rememberMe.onTheft" must be "device": ${lacks}`);
  }
  if (options.unsafeWithoutIndex) {
    core.emit({
      type: "option.unsafe",
      option: "rememberMe.unsafeWithoutIndex",
      explanation: "devices of an account cannot be listed, nor ended by signing out everywhere",
    });
  } else if (credentialStamp === undefined) {
    faults.push(
      `"rememberMe" needs "credentialStamp", or "rememberMe.unsafeWithoutIndex": ${lacks}, so a changed password could not end remembered devices`,
    );
  }
  if (faults.length > 0) throw new SessionError("HOLDFAST_OPTION", faults.join("; "), { faults });
}
