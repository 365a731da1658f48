/**
 * The counter of one session: every successful update adds one, and none is lost or made twice.
 * @module
 */

import { COUNTER, type Entry } from "./operation.ts";
import type { Violation } from "./violation.ts";

/** An operation that saw the counter: the value that it read, or wrote. */
interface Sight {
  readonly entry: Entry;
  readonly value: number;
}

/** @param entries Every operation of the session. */
export function checkCounter(entries: readonly Entry[]): readonly Violation[] {
  const updates = entries.filter(
    ({ kind, result }) => kind === "update" && result.outcome !== "refused",
  );
  const sights = entries.flatMap((entry): readonly Sight[] => {
    const isRead = entry.kind === "get" && entry.key === COUNTER;
    if (!(isRead || entry.kind === "update") || entry.result.outcome !== "ok") return [];
    return [{ entry, value: entry.result.value ?? 0 }];
  });
  const violation =
    doubled(sights) ?? tooHigh(sights, updates) ?? tooLow(sights, updates) ?? backwards(sights);
  return violation === undefined ? [] : [violation];
}

/** Two updates that wrote the same value: one of them overwrote the other. */
function doubled(sights: readonly Sight[]): Violation | undefined {
  const byValue = new Map<number, Entry>();
  for (const { entry, value } of sights) {
    if (entry.kind !== "update") continue;
    const other = byValue.get(value);
    if (other !== undefined) {
      return {
        rule: "lost update",
        explanation: `operations ${other.id} and ${entry.id} both counted up to ${value}`,
        entries: [other, entry],
      };
    }
    byValue.set(value, entry);
  }
  return undefined;
}

/** More than could have been added: an update took effect twice, or though it was refused. */
function tooHigh(sights: readonly Sight[], updates: readonly Entry[]): Violation | undefined {
  for (const { entry, value } of sights) {
    const possible = updates.filter(({ start }) => start < entry.end);
    if (value <= possible.length) continue;
    return {
      rule: "duplicate apply",
      explanation: `operation ${entry.id} saw ${value}, after ${possible.length} updates at most`,
      entries: [...new Set([...possible, entry])],
    };
  }
  return undefined;
}

/** Less than was certainly added. */
function tooLow(sights: readonly Sight[], updates: readonly Entry[]): Violation | undefined {
  for (const { entry, value } of sights) {
    const certain = updates.filter(
      ({ end, result }) => result.outcome === "ok" && end < entry.start,
    );
    const least = certain.length + (entry.kind === "update" ? 1 : 0);
    if (value >= least) continue;
    return {
      rule: "lost update",
      explanation: `operation ${entry.id} saw ${value}, where ${least} was the least possible`,
      entries: [...certain, entry],
    };
  }
  return undefined;
}

/** Lower than, or after an update the same as, what an earlier operation saw. */
function backwards(sights: readonly Sight[]): Violation | undefined {
  for (const later of sights) {
    const isUpdate = later.entry.kind === "update";
    const earlier = sights.find(
      ({ entry, value }) =>
        entry.end < later.entry.start && (isUpdate ? value >= later.value : value > later.value),
    );
    if (earlier === undefined) continue;
    return {
      rule: "lost update",
      explanation: `operation ${later.entry.id} saw ${later.value}, after operation ${earlier.entry.id} had seen ${earlier.value}`,
      entries: [earlier.entry, later.entry],
    };
  }
  return undefined;
}
