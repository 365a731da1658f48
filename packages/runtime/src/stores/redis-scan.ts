/**
 * The two operations that look through all keys: copying everything, and removing everything.
 * @module
 */
import { createHash } from "node:crypto";
import { type RedisDriver, type RedisPrimary, textOf } from "./redis-client.ts";
import { type RedisNames, recordIn } from "./redis-value.ts";
import type { StoredSession, StorePage } from "./store.ts";

const SCAN_COUNT = 1000;
const HASH_TAG = /\{[^}]*\}/;

async function scanPage(primary: RedisPrimary, cursor: string, match: string, count: number) {
  const reply = await primary.command(["SCAN", cursor, "MATCH", match, "COUNT", String(count)]);
  const [next, names] = reply as readonly [unknown, readonly unknown[]];
  return { next: textOf(next), names: names.map(textOf) };
}

/** By name, so that a cursor means the same node next time. */
async function sortedPrimaries(driver: RedisDriver): Promise<readonly RedisPrimary[]> {
  return [...(await driver.primaries())].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Removes every key of the store, on every primary. @returns How many sessions. */
export async function removeAll(driver: RedisDriver, names: RedisNames): Promise<number> {
  let removed = 0;
  for (const primary of await sortedPrimaries(driver)) {
    let cursor = "0";
    do {
      const page = await scanPage(primary, cursor, names.everything, SCAN_COUNT);
      removed += await unlink(driver, names, page.names);
      cursor = page.next;
    } while (cursor !== "0");
  }
  return removed;
}

/** Removes keys, those of one slot by one command. @returns How many sessions were removed. */
async function unlink(
  driver: RedisDriver,
  names: RedisNames,
  found: readonly string[],
): Promise<number> {
  const groups = new Map<string, [string, ...string[]]>();
  for (const name of found) {
    const isSession = names.storeKeyOf(name) !== undefined;
    const slot = driver.isCluster ? HASH_TAG.exec(name)?.[0] : "";
    const group = `${isSession ? "session" : "other"} ${slot}`;
    const there = groups.get(group);
    if (there === undefined) groups.set(group, [name]);
    else there.push(name);
  }
  const counts = await Promise.all(
    [...groups].map(async ([group, keys]) => {
      const count = Number(await driver.command(keys[0], ["UNLINK", ...keys]));
      return group.startsWith("session") ? count : 0;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * A page of everything that is kept. The cursor has the place of the node, its own cursor, and which nodes
 * there were: with other nodes the scan begins anew, since keys have moved.
 */
export async function scanStore(
  driver: RedisDriver,
  names: RedisNames,
  from: string | undefined,
  limit: number,
): Promise<StorePage> {
  const primaries = await sortedPrimaries(driver);
  const nodes = fingerprint(primaries);
  const [place, known, at = "0"] = (from ?? "").split(".");
  const node = known === nodes ? Number(place) : 0;
  const primary = primaries[node];
  if (primary === undefined) return { sessions: [], next: undefined };

  const page = await scanPage(primary, known === nodes ? at : "0", names.allSessions, limit);
  const sessions = await Promise.all(
    page.names.map(async (name): Promise<StoredSession | undefined> => {
      const key = names.storeKeyOf(name);
      const record = key === undefined ? undefined : recordIn(await driver.get(name));
      return key === undefined || record === undefined ? undefined : { key, record };
    }),
  );
  const next = page.next === "0" ? `${node + 1}.${nodes}.0` : `${node}.${nodes}.${page.next}`;
  const isLast = page.next === "0" && node + 1 === primaries.length;
  return {
    sessions: sessions.filter((session) => session !== undefined),
    next: isLast ? undefined : next,
  };
}

function fingerprint(primaries: readonly RedisPrimary[]): string {
  const all = primaries.map(({ name }) => name).join(" ");
  return createHash("sha256").update(all).digest("hex").slice(0, 16);
}
