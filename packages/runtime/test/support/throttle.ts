/**
 * An application with accounts and a throttled sign-in, over limiters in memory: what the tests of the
 * throttle begin from. Its clock is that of vitest's fake timers, since limiters read the process's own.
 * @module
 */
import { RateLimiterMemory } from "rate-limiter-flexible";
import { vi } from "vitest";
import { SessionRefusal } from "../../src/errors.ts";
import type { SessionEvent } from "../../src/events.ts";
import {
  type AttemptLimiter,
  type LimiterOptions,
  type SignInThrottle,
  signInThrottle,
  type ThrottleOptions,
} from "../../src/throttle/index.ts";
import type { RequestInit } from "./browser.ts";
import { type Engine, type EngineOptions, startEngine, type TestBrowser } from "./engine.ts";

/** Midnight, UTC, so that failures read well. */
export const startsAt: number = Date.UTC(2030, 0, 1);

/** Everybody who has an account, and their passwords. */
export const passwords: ReadonlyMap<string, string> = new Map([
  ["alice", "alice's own"],
  ["bob", "bob's own"],
  ["carol", "carol's own"],
  ["dave", "dave's own"],
  ["erin", "erin's own"],
]);

export const FAILURE_SECONDS = 0.1;

/** `in`, `wrong`, or the seconds to wait. */
export type Outcome = "in" | "wrong" | number;

export interface Guessing {
  readonly engine: Engine;
  readonly throttle: SignInThrottle;
  /** Accounts whose password was looked at, in order. */
  readonly checked: string[];
  /** The counters' keys, as the limiters' store has them. */
  readonly keys: Set<string>;
  /** Calls of the limiters, by method. */
  readonly calls: Record<"consume" | "get" | "reward", number>;
  /** One request to sign in; the clock moves by {@link FAILURE_SECONDS}. */
  guess(
    account: string,
    password: string,
    init?: RequestInit & { readonly browser?: TestBrowser },
  ): Promise<Outcome>;
}

export interface GuessingOptions extends Partial<ThrottleOptions> {
  readonly engine?: EngineOptions;
}

/** Needs `vi.useFakeTimers()` from {@link fakeTime}. */
export function startGuessing(options: GuessingOptions = {}): Guessing {
  const { engine: engineOptions, limiter = memoryLimiter, policy, ...others } = options;
  const engine = startEngine({ now: () => Date.now(), ...engineOptions });
  const checked: string[] = [];
  const keys = new Set<string>();
  const calls = { consume: 0, get: 0, reward: 0 };
  const throttle = signInThrottle({
    limiter: (each) => watched(limiter(each), each, keys, calls),
    policy: { failureSeconds: FAILURE_SECONDS, ...policy },
    ...others,
  });
  return {
    engine,
    throttle,
    checked,
    keys,
    calls,
    async guess(account, password, { browser = engine.newBrowser(), ...init } = {}) {
      const visiting = browser.visit(async (session): Promise<Outcome> => {
        try {
          const found = await throttle.attempt(session, { account }, async () => {
            checked.push(account);
            return passwords.get(account) === password;
          });
          return found ? "in" : "wrong";
        } catch (error) {
          if (error instanceof SessionRefusal && error.reason === "throttled") {
            return Number(error.headers["Retry-After"]);
          }
          throw error;
        }
      }, init);
      // Whoever fails it is told by the answer; the clock moves in any case.
      const settled = visiting.then(
        () => {},
        () => {},
      );
      await vi.advanceTimersByTimeAsync(FAILURE_SECONDS * 1000);
      await settled;
      return (await visiting).result;
    },
  };
}

/** Has the process's clock and timers move only when a test says so. */
export function fakeTime(): void {
  vi.useFakeTimers({
    now: startsAt,
    toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
  });
}

export function memoryLimiter(options: LimiterOptions): AttemptLimiter {
  return new RateLimiterMemory(options);
}

function watched(
  limiter: AttemptLimiter,
  { keyPrefix }: LimiterOptions,
  keys: Set<string>,
  calls: Guessing["calls"],
): AttemptLimiter {
  const see = (method: keyof Guessing["calls"], key: string) => {
    calls[method]++;
    keys.add(`${keyPrefix}:${key}`);
  };
  return {
    consume(key) {
      see("consume", key);
      return limiter.consume(key);
    },
    get(key) {
      see("get", key);
      return limiter.get(key);
    },
    reward(key) {
      see("reward", key);
      return limiter.reward(key);
    },
  };
}

type Throttled = Extract<SessionEvent, { type: "sign-in.throttled" }>;

/** What was reported of refused sign-ins, without its instant. */
export function throttledEvents({ engine }: Guessing): readonly Partial<Throttled>[] {
  return engine.seen("sign-in.throttled").map(({ at: _, ...event }) => event);
}
