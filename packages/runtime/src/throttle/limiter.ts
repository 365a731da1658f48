/**
 * What is asked of a limiter: the part of rate-limiter-flexible that is called. It counts whole numbers
 * by key and window, and knows neither names nor addresses.
 * @module
 */
import { optionError } from "../errors.ts";

/** What one window is counted by. Handed to the limiter of your choice as it is. */
export interface LimiterOptions {
  /** Begins every key of this window. 1 to 40 lower-case letters, digits and `_`. */
  readonly keyPrefix: string;
  /** Attempts that one window allows. */
  readonly points: number;
  /** Length of the window in seconds. It begins with the first attempt that it counts. */
  readonly duration: number;
}

/** The state of one counter. */
export interface LimiterAnswer {
  readonly consumedPoints: number;
  /** Milliseconds until the window ends. */
  readonly msBeforeNext: number;
}

/**
 * Has the shape of every limiter of rate-limiter-flexible. Each call must be atomic: attempts that come
 * at once are counted one by one.
 */
export interface AttemptLimiter {
  /** Counts one attempt. Rejects with a {@link LimiterAnswer} if there were too many, with an `Error` if it cannot count. */
  consume(key: string): Promise<LimiterAnswer>;
  /** Looks without counting. */
  get(key: string): Promise<LimiterAnswer | null>;
  /** Takes one attempt back. */
  reward(key: string): Promise<unknown>;
}

/** rate-limiter-flexible rejects with this, which is no `Error`, where a budget is spent. */
export function isLimiterAnswer(reason: unknown): reason is LimiterAnswer {
  return (
    typeof reason === "object" &&
    reason !== null &&
    !(reason instanceof Error) &&
    typeof (reason as Partial<LimiterAnswer>).msBeforeNext === "number"
  );
}

/**
 * Has a limiter made for one window.
 *
 * @throws {SessionError} HOLDFAST_OPTION if what was made is none.
 */
export function makeLimiter(
  make: (options: LimiterOptions) => AttemptLimiter,
  options: LimiterOptions,
): AttemptLimiter {
  const limiter: Partial<AttemptLimiter> | undefined = make(options);
  const isLimiter = (["consume", "get", "reward"] as const).every(
    (method) => typeof limiter?.[method] === "function",
  );
  if (isLimiter) return limiter as AttemptLimiter;
  throw optionError("limiter", "must answer with a limiter of rate-limiter-flexible, or alike");
}
