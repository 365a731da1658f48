/**
 * One key of one session: a register that is written and read at once, or nearly, by many.
 * @module
 */

import type { Entry } from "./operation.ts";
import type { Violation } from "./violation.ts";

/** A write with everything that read its value: they happened side by side, with no other write between. */
interface Cluster {
  readonly entries: Entry[];
  /** Some operation of the cluster had happened by then. */
  minEnd: number;
  /** Some operation of the cluster had not happened before. */
  maxStart: number;
}

/**
 * Values are unique, so that each read names its write. The answers are possible exactly if the
 * clusters can be put in a row that agrees with the clock, which is so if no two of them would each
 * have to come before the other.
 *
 * @param entries Every `set` and `get` of the key.
 * @see Gibbons and Korach, Testing Shared Memories, SIAM J. Comput. 26 (1997), 4.2
 */
export function checkRegister(entries: readonly Entry[]): readonly Violation[] {
  const writes = new Map<number | null, Entry>();
  for (const entry of entries) if (entry.kind === "set") writes.set(entry.value ?? null, entry);

  const initial: Cluster = { entries: [], minEnd: -Infinity, maxStart: -Infinity };
  const clusters = new Map<number | null, Cluster>([[null, initial]]);
  for (const [value, write] of writes) {
    const { outcome } = write.result;
    if (outcome === "refused") continue;
    // What is not known to have happened may happen any time later.
    const minEnd = outcome === "ok" ? write.end : Infinity;
    clusters.set(value, { entries: [write], minEnd, maxStart: write.start });
  }

  const violations: Violation[] = [];
  for (const read of entries) {
    if (read.kind !== "get" || read.result.outcome !== "ok") continue;
    const value = read.result.value ?? null;
    const cluster = clusters.get(value);
    const write = writes.get(value);
    if (cluster === undefined || (write !== undefined && read.end < write.start)) {
      violations.push(fromNowhere(read, write));
      continue;
    }
    cluster.entries.push(read);
    cluster.minEnd = Math.min(cluster.minEnd, read.end);
    cluster.maxStart = Math.max(cluster.maxStart, read.start);
  }

  const stale = firstStale([...clusters.values()]);
  if (stale !== undefined) violations.push(stale);
  return violations;
}

function fromNowhere(read: Entry, write: Entry | undefined): Violation {
  const why =
    write === undefined
      ? "which nobody wrote to this key of this session"
      : write.result.outcome === "refused"
        ? "whose write was refused"
        : "whose write began only later";
  return {
    rule: "value from nowhere",
    explanation: `operation ${read.id} read ${valueRead(read)}, ${why}`,
    entries: write === undefined ? [read] : [write, read],
  };
}

function firstStale(clusters: readonly Cluster[]): Violation | undefined {
  for (const [index, one] of clusters.entries()) {
    for (const other of clusters.slice(index + 1)) {
      if (!(one.minEnd < other.maxStart && other.minEnd < one.maxStart)) continue;
      const entries = [...witnesses(one, other), ...witnesses(other, one)];
      const last = entries
        .filter(({ kind }) => kind === "get")
        .reduce((latest, entry) => (entry.start > latest.start ? entry : latest));
      return {
        rule: "stale read",
        explanation: `operation ${last.id} read ${valueRead(last)}, which was certainly overwritten before it began`,
        entries: [...new Set(entries)],
      };
    }
  }
  return undefined;
}

/** The operations of a cluster that prove its order against another one, and its write. */
function witnesses({ entries }: Cluster, other: Cluster): readonly Entry[] {
  const before = entries.filter(({ end }) => end < other.maxStart);
  const after = entries.filter(({ start }) => start > other.minEnd);
  const [write] = entries.filter(({ kind }) => kind === "set");
  const chosen = [write, before[0], after.at(-1)];
  return chosen.filter((entry) => entry !== undefined);
}

function valueRead({ result }: Entry): string {
  return result.outcome === "ok" ? String(result.value ?? "nothing") : "nothing";
}
