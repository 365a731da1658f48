/**
 * Runs scripts by name, and sends one in full where the server has forgotten it: after SCRIPT FLUSH, a restart
 * or a failover.
 * @module
 */
import { type RedisArgument, type RedisDriver, says } from "./redis-client.ts";
import type { RedisScript } from "./redis-scripts.ts";

/** Runs a script; all of `keys` lie in one slot. Rejects with the client's error. */
export type RunScript = (
  script: RedisScript,
  keys: readonly [string, ...string[]],
  args: readonly RedisArgument[],
) => Promise<unknown>;

/** The server knows no script of that name. */
export const NO_SCRIPT: RegExp = /NOSCRIPT|NoScript/;
/**
 * A slot is on its way to another node, and so are some of the keys that the script needs. Redis 7 speaks of
 * a non local key, Redis 8 and Valkey 8 of undeclared keys.
 */
const MOVING = /TRY_?AGAIN|non local key|undeclared keys/i;

const MOVING_MILLISECONDS = 1800;
const MOVING_PAUSE_MILLISECONDS = 25;

export function scriptRunner(driver: RedisDriver): RunScript {
  const run: RunScript = (script, keys, args) => {
    const [key] = keys;
    const tail = [String(keys.length), ...keys, ...args];
    return driver.command(key, ["EVALSHA", script.sha, ...tail]).catch((error: unknown) => {
      if (!says(error, NO_SCRIPT)) throw error;
      return driver.command(key, ["EVAL", script.lua, ...tail]);
    });
  };
  if (!driver.isCluster) return run;

  return async (script, keys, args) => {
    const giveUpAt = performance.now() + MOVING_MILLISECONDS;
    for (;;) {
      try {
        return await run(script, keys, args);
      } catch (error) {
        // Nothing was changed: scripts read every key before they write the first.
        if (!says(error, MOVING) || performance.now() > giveUpAt) throw error;
      }
      await pause(MOVING_PAUSE_MILLISECONDS);
    }
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
