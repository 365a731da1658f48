/**
 * The options of remember-me, their defaults and limits.
 * @module
 */
import { listFaults, matching, members, numberFrom, oneOf, optional } from "../crypto/readers.ts";
import { SessionError } from "../errors.ts";

export interface RememberMeOptions {
  /** The level of a session that came back by itself: one of `levels`, usually the weakest. */
  readonly level: string;
  /** A device that was not used for this long is forgotten, in seconds: 3 600 to 34 560 000. @default 1209600 */
  readonly idleTimeoutSeconds?: number;
  /**
   * A device is forgotten this long after its last sign-in, in seconds: 3 600 to 34 560 000. At most the
   * keyring's `longestSessionSeconds`. @default 2592000 @see NIST SP 800-63B-4 2.1.3
   */
  readonly absoluteTimeoutSeconds?: number;
  /**
   * How long a replaced secret is answered with its successor after the browser has shown that it got
   * it, in seconds: 5 to 300. Requests that were under way then are no theft. @default 60
   */
  readonly graceSeconds?: number;
  /** What ends when a stolen cookie is noticed, beside the device's own sessions. @default "device" */
  readonly onTheft?: "device" | "account";
  /**
   * Allows a store without an index (Memcached), and gives up what needs one: a list of devices, and ending
   * them by account. Needless with `credentialStamp`, which ends them when the password changes. @default false
   */
  readonly unsafeWithoutIndex?: boolean;
}

/** Options with every default. */
export type ResolvedRememberMe = Required<RememberMeOptions>;

const readOptions = members<RememberMeOptions>({
  level: matching(/^[\w.:-]{1,64}$/, "one of the levels"),
  idleTimeoutSeconds: optional(numberFrom(3600, 34_560_000)),
  absoluteTimeoutSeconds: optional(numberFrom(3600, 34_560_000)),
  graceSeconds: optional(numberFrom(5, 300)),
  onTheft: optional(oneOf<"device" | "account">(["device", "account"])),
  unsafeWithoutIndex: optional(oneOf<boolean>([false, true])),
});

/** @throws {SessionError} HOLDFAST_OPTION, with every fault at once. */
export function resolveRememberMe(options: RememberMeOptions): ResolvedRememberMe {
  const faults: string[] = [];
  const given = readOptions(options, "rememberMe", faults);
  const resolved: ResolvedRememberMe = {
    idleTimeoutSeconds: 1_209_600,
    absoluteTimeoutSeconds: 2_592_000,
    graceSeconds: 60,
    onTheft: "device",
    unsafeWithoutIndex: false,
    ...(given as RememberMeOptions),
  };
  if (resolved.idleTimeoutSeconds > resolved.absoluteTimeoutSeconds) {
    faults.push('"rememberMe.idleTimeoutSeconds" must not be longer than absoluteTimeoutSeconds');
  }
  if (faults.length > 0) {
    throw new SessionError("HOLDFAST_OPTION", listFaults(faults), { faults });
  }
  return Object.freeze(resolved);
}
