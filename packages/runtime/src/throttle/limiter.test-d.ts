/** The limiters that fit, by their own types. */
import type {
  RateLimiterCluster,
  RateLimiterDynamo,
  RateLimiterMemcache,
  RateLimiterMemory,
  RateLimiterMongo,
  RateLimiterMySQL,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterSQLite,
  RateLimiterValkey,
  RateLimiterValkeyGlide,
} from "rate-limiter-flexible";
import { RateLimiterMemory as MemoryLimiter } from "rate-limiter-flexible";
import { expectTypeOf } from "vitest";
import { type AttemptLimiter, signInThrottle } from "./index.ts";

expectTypeOf<RateLimiterMemory>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterCluster>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterRedis>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterValkey>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterValkeyGlide>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterPostgres>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterMySQL>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterMemcache>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterMongo>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterDynamo>().toExtend<AttemptLimiter>();
expectTypeOf<RateLimiterSQLite>().toExtend<AttemptLimiter>();
expectTypeOf<{ consume(key: string): Promise<void> }>().not.toExtend<AttemptLimiter>();
expectTypeOf<Map<string, number>>().not.toExtend<AttemptLimiter>();

const limiter = (options: { points: number; duration: number }) => new MemoryLimiter(options);
signInThrottle({ limiter });
// @ts-expect-error without a limiter nothing is counted
signInThrottle({});
// @ts-expect-error a misspelt option
signInThrottle({ limiter, normaliseAccount: (account: string) => account });
// @ts-expect-error a budget without its window
signInThrottle({ limiter, policy: { account: [{ attempts: 5 }] } });
