/**
 * What the Memcached store asks of a server itself: its clock, whether it evicts, how many sessions it holds.
 * @module
 */
import type { MemcachedConnection } from "./memcached-connection.ts";
import type { StoreProblem } from "./store.ts";

/** Rejects with the connection's error. */
export async function readStats(
  connection: MemcachedConnection,
): Promise<ReadonlyMap<string, string>> {
  const stats = new Map<string, string>();
  await connection.ask("stats", ({ code, words: [, name = "", value = ""] }) => {
    if (code === "STAT") stats.set(name, value);
    return code !== "STAT";
  });
  return stats;
}

/** @returns `undefined` if the server has evicted nothing since it started. */
export async function findEvictions(
  connection: MemcachedConnection,
  server: string,
): Promise<StoreProblem | undefined> {
  const evicted = Number((await readStats(connection)).get("evictions") ?? 0);
  if (evicted === 0) return undefined;
  return {
    problem: "evicts",
    explanation: `memcached at ${server} was full and has dropped live items, sessions among them if it keeps nothing else; give it more memory (-m)`,
  };
}

/** More items than these are not listed to be counted: a list of a million takes seconds. */
const MOST_LISTED = 100_000;

/**
 * How many sessions a server holds: exact up to 100 000 items. Beyond that, and where the server does not
 * list its items, the number of all its items, expired ones among them.
 *
 * @param connection One of its own, as the server answers nothing else on it meanwhile.
 */
export async function countSessions(
  connection: MemcachedConnection,
  prefix: string,
): Promise<number> {
  const items = Number((await readStats(connection)).get("curr_items") ?? 0);
  if (items > MOST_LISTED) return items;
  const ours = `key=${encodeURIComponent(prefix)}`;
  let listed = 0;
  let isWhole = false;
  const listing = connection.ask("lru_crawler metadump all", ({ code }) => {
    if (code.startsWith(ours)) listed += 1;
    isWhole = code === "END";
    return !code.startsWith("key=");
  });
  // A server without the crawler says so by an error: there is no list then, and the rest goes on.
  await listing.catch(() => {});
  return isWhole ? listed : items;
}
