/**
 * Slows the guessing of passwords down: `signInThrottle`, and the types it needs.
 * @module
 */

export type { AttemptLimiter, LimiterAnswer, LimiterOptions } from "./limiter.ts";
export type { SignInAttempt, SignInThrottle } from "./sign-in-throttle.ts";
export { signInThrottle } from "./sign-in-throttle.ts";
export type {
  AttemptBudget,
  FloodThreshold,
  ThrottleOptions,
  ThrottlePolicy,
} from "./throttle-options.ts";
