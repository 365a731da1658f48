/**
 * What `signInThrottle` takes, and what it says to everything else.
 * @module
 */
import { describe, expect, it } from "vitest";
import type { SessionError } from "../errors.ts";
import type { AttemptLimiter, LimiterOptions } from "./limiter.ts";
import { signInThrottle } from "./sign-in-throttle.ts";
import { resolveThrottle, type ThrottleOptions, type ThrottlePolicy } from "./throttle-options.ts";

const answer = { consumedPoints: 1, msBeforeNext: 1 };
const limiter = (): AttemptLimiter => ({
  consume: async () => answer,
  get: async () => null,
  reward: async () => answer,
});

function faultsOf(options: unknown): readonly string[] {
  try {
    resolveThrottle(options as ThrottleOptions);
    return [];
  } catch (error) {
    expect((error as SessionError).code).toBe("HOLDFAST_OPTION");
    return (error as SessionError).details.faults as readonly string[];
  }
}

const policyFaults = (policy: ThrottlePolicy) => faultsOf({ limiter, policy });

describe("the options of signInThrottle", () => {
  it("need nothing but a limiter", () => {
    expect(faultsOf({ limiter })).toEqual([]);
    expect(faultsOf({})).toEqual(['"limiter" must be a function that makes a limiter']);
    expect(faultsOf(undefined)).toEqual(['"options" must be an object']);
  });

  it("have defaults that they take themselves", () => {
    const { policy } = resolveThrottle({ limiter });
    expect(policyFaults(policy)).toEqual([]);
    expect(Object.isFrozen(policy)).toBe(true);
  });

  it("allow an account 100 failures in a row at most, and fewer in an hour", () => {
    const { account } = resolveThrottle({ limiter }).policy;
    expect(Math.max(...account.map(({ attempts }) => attempts))).toBe(100);
    expect(account[0]?.attempts).toBeLessThan(100);
  });

  it("are refused all at once, by name", () => {
    const faults = faultsOf({
      limiter,
      normaliseAccount: () => "",
      policy: { failureSeconds: 0, ipv6PrefixBits: 129, deviceSeconds: 60, flood: { failures: 0 } },
      unsafeAllowUncounted: "yes",
    });
    expect(faults).toEqual([
      '"normaliseAccount" is unknown; known are limiter, policy, normalizeAccount, unsafeAllowUncounted',
      '"policy.flood.failures" must be a whole number from 1 to 1000000000',
      '"policy.flood.windowSeconds" must be a whole number from 1 to 2147483',
      '"policy.ipv6PrefixBits" must be a whole number from 32 to 128',
      '"policy.failureSeconds" must be a number from 0.1 to 10',
      '"policy.deviceSeconds" must be a whole number from 86400 to 34560000',
      '"unsafeAllowUncounted" must be one of false, true',
    ]);
  });

  for (const name of ["account", "address", "accountAndAddress", "device"] as const) {
    it(`refuse windows of "${name}" that are no budget`, () => {
      const refused: readonly (readonly [windows: readonly object[], fault: RegExp])[] = [
        [[], /must have 1 to 4 windows/],
        [[{ attempts: 0, windowSeconds: 60 }], /attempts" must be a whole number from 1/],
        [[{ attempts: 5, windowSeconds: 2_147_484 }], /windowSeconds" must be a whole number/],
        [[{ attempts: 5 }], /windowSeconds" must be/],
        [Array.from({ length: 5 }, (_, n) => window(10 + n, 60 * 4 ** n)), /1 to 4 windows/],
        [[window(5, 60), window(5, 600)], /\[1\]" must be a longer window/],
        [[window(5, 60), window(20, 60)], /\[1\]" must be a longer window/],
        [[window(5, 60), window(50, 600)], /\[1\]" must be a longer window/],
      ];
      for (const [windows, fault] of refused) {
        const faults = policyFaults({ [name]: windows });
        expect(faults).toHaveLength(1);
        expect(faults[0]).toMatch(fault);
        expect(faults[0]).toContain(`"policy.${name}`);
      }
      expect(policyFaults({ [name]: [window(5, 60), window(49, 600)] })).toEqual([]);
    });
  }

  it("ask for a limiter of each window, once, and name each differently", () => {
    const asked: LimiterOptions[] = [];
    signInThrottle({
      limiter(options) {
        asked.push(options);
        return limiter();
      },
    });
    expect(asked).toHaveLength(10);
    const prefixes = asked.map(({ keyPrefix }) => keyPrefix);
    expect(new Set(prefixes).size).toBe(10);
    // RateLimiterSQLite makes a table of that name, PostgreSQL cuts longer ones.
    for (const prefix of prefixes) expect(prefix).toMatch(/^[a-z\d_]{1,40}$/);
    expect(asked).toContainEqual({
      keyPrefix: "holdfast_account_604800",
      points: 100,
      duration: 604_800,
    });
  });

  it("refuse what is no limiter", () => {
    for (const made of [undefined, {}, { consume() {}, get() {} }, new Map()]) {
      const make = () => signInThrottle({ limiter: () => made as never });
      expect(make).toThrow('"limiter" must answer with a limiter');
    }
  });
});

function window(attempts: number, windowSeconds: number) {
  return { attempts, windowSeconds };
}
