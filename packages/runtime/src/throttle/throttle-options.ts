/**
 * Every option of `signInThrottle`, its default and its limits: the only holder of defaults.
 * @module
 */
import {
  isFunction,
  listFaults,
  listOf,
  members,
  must,
  numberFrom,
  oneOf,
  optional,
  type Reader,
} from "../crypto/readers.ts";
import { SessionError } from "../errors.ts";
import { normalizedAccount } from "./counted-names.ts";
import type { AttemptLimiter, LimiterOptions } from "./limiter.ts";

/** So many attempts that fail within so long. */
export interface AttemptBudget {
  /** Failed attempts: 1 to 1 000 000. */
  readonly attempts: number;
  /** From the first of them, in seconds: 1 to 2 147 483, the longest that a timer of Node measures. */
  readonly windowSeconds: number;
}

/** How many failures, over all accounts and addresses, mean that passwords are being tried wholesale. */
export interface FloodThreshold {
  /** 1 to 1 000 000 000. */
  readonly failures: number;
  /** In seconds: 1 to 2 147 483. */
  readonly windowSeconds: number;
}

/**
 * Budgets by what is counted. Each is one to four windows, each longer than the one before, with more
 * attempts and fewer per hour: so the wait grows as guessing goes on.
 */
export interface ThrottlePolicy {
  /** Of one account, from all unknown devices together. @default 20 an hour, 50 a day, 100 a week @see NIST SP 800-63B-4 3.2.2 */
  readonly account?: readonly AttemptBudget[];
  /** From one address, for all accounts together. @default 100 an hour, 500 a day */
  readonly address?: readonly AttemptBudget[];
  /** Of one account from one address. @default 5 in a quarter of an hour, 20 a day */
  readonly accountAndAddress?: readonly AttemptBudget[];
  /** Of one account from a browser that has signed in to it before: instead of the three above. @default 10 in a quarter of an hour, 50 a week */
  readonly device?: readonly AttemptBudget[];
  /** @default 500 failures in 10 minutes */
  readonly flood?: FloodThreshold;
  /** Leading bits of an IPv6 address that are counted as one: 32 to 128. @default 64 @see RFC 4291 2.5.4 */
  readonly ipv6PrefixBits?: number;
  /** A failed attempt is answered no sooner than this, in seconds: 0.1 to 10. Longer than your slowest check. @default 1 @see ASVS 5.0, 6.3.8 */
  readonly failureSeconds?: number;
  /** How long a browser is known after it last signed in, in seconds: 86 400 to 34 560 000. @default 15552000 */
  readonly deviceSeconds?: number;
}

export interface ThrottleOptions {
  /** Makes the limiter of one window; called for each of them, at start-up. */
  readonly limiter: (options: LimiterOptions) => AttemptLimiter;
  readonly policy?: ThrottlePolicy;
  /**
   * Makes one spelling of all that your application takes for the same account, or counting is evaded by
   * writing a name in another way. @default NFKC, without regard to case and surrounding blanks
   */
  readonly normalizeAccount?: (account: string) => string;
  /** Attempts are let through while the limiter's store is away: who can take it down can guess freely. */
  readonly unsafeAllowUncounted?: boolean;
}

export interface ResolvedThrottle {
  readonly policy: Readonly<Required<ThrottlePolicy>>;
  readonly normalizeAccount: (account: string) => string;
  readonly unsafeAllowUncounted: boolean;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
// 2^31 - 1 milliseconds: beyond it a timer of Node fires at once, and RateLimiterMemory forgets with it.
const LONGEST_WINDOW_SECONDS = 2_147_483;

const defaults: Required<ThrottlePolicy> = {
  // NIST SP 800-63B-4 3.2.2 allows 100 failures in a row; ASVS 4.0, 2.2.1 had 100 an hour.
  account: [
    { attempts: 20, windowSeconds: HOUR },
    { attempts: 50, windowSeconds: DAY },
    { attempts: 100, windowSeconds: 7 * DAY },
  ],
  // An office or a mobile network stands behind one address: successes do not count.
  address: [
    { attempts: 100, windowSeconds: HOUR },
    { attempts: 500, windowSeconds: DAY },
  ],
  // A quarter of the account's, so that no single address can spend all of that.
  accountAndAddress: [
    { attempts: 5, windowSeconds: 15 * MINUTE },
    { attempts: 20, windowSeconds: DAY },
  ],
  device: [
    { attempts: 10, windowSeconds: 15 * MINUTE },
    { attempts: 50, windowSeconds: 7 * DAY },
  ],
  flood: { failures: 500, windowSeconds: 10 * MINUTE },
  ipv6PrefixBits: 64,
  failureSeconds: 1,
  deviceSeconds: 180 * DAY,
};

const windowSeconds = numberFrom(1, LONGEST_WINDOW_SECONDS);

const budgets: Reader<readonly AttemptBudget[]> = (value, name, faults) => {
  const before = faults.length;
  const list = listOf(
    members<AttemptBudget>({ attempts: numberFrom(1, 1_000_000), windowSeconds }),
  )(value, name, faults);
  if (list === undefined || faults.length > before) return undefined;
  if (list.length < 1 || list.length > 4) faults.push(`"${name}" must have 1 to 4 windows`);
  list.forEach((budget, i) => {
    const shorter = list[i - 1];
    if (shorter === undefined || isSlower(budget, shorter)) return;
    faults.push(
      `"${name}[${i}]" must be a longer window than the one before it, with more attempts and fewer per hour`,
    );
  });
  return list;
};

function isSlower(budget: AttemptBudget, shorter: AttemptBudget): boolean {
  return (
    budget.windowSeconds > shorter.windowSeconds &&
    budget.attempts > shorter.attempts &&
    budget.attempts * shorter.windowSeconds < shorter.attempts * budget.windowSeconds
  );
}

const readOptions: Reader<ThrottleOptions> = members<ThrottleOptions>({
  limiter: must("a function that makes a limiter", isFunction),
  policy: optional(
    members<ThrottlePolicy>({
      account: optional(budgets),
      address: optional(budgets),
      accountAndAddress: optional(budgets),
      device: optional(budgets),
      flood: optional(
        members<FloodThreshold>({ failures: numberFrom(1, 1_000_000_000), windowSeconds }),
      ),
      ipv6PrefixBits: optional(numberFrom(32, 128)),
      failureSeconds: optional(numberFrom(0.1, 10)),
      deviceSeconds: optional(numberFrom(DAY, 34_560_000)), // 400 days: the longest a browser keeps a cookie (RFC 6265bis 5.5).
    }),
  ),
  normalizeAccount: optional(must("a function", isFunction)),
  unsafeAllowUncounted: optional(oneOf([false, true])),
});

/** @throws {SessionError} HOLDFAST_OPTION, with every fault at once. */
export function resolveThrottle(options: ThrottleOptions): ResolvedThrottle {
  const faults: string[] = [];
  const given = readOptions(options, "", faults);
  if (given === undefined || faults.length > 0) {
    throw new SessionError("HOLDFAST_OPTION", listFaults(faults), { faults });
  }
  const { policy, normalizeAccount = normalizedAccount, unsafeAllowUncounted = false } = given;
  return Object.freeze({
    policy: Object.freeze({ ...defaults, ...policy }),
    normalizeAccount,
    unsafeAllowUncounted,
  });
}
