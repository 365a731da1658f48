/**
 * What a case of the store suite is, and what it is run on. Names no test runner.
 * @module
 */
import assert from "node:assert/strict";
import type { Awaitable, SessionRecord, SessionStore, StoreTraits } from "../stores/store.ts";

/** Where one case runs: a ground of its own, empty at first. */
export interface StoreHarness {
  /**
   * A handle onto the ground. A second call gives a second handle, as another process would have it;
   * only a store with `shared: "process"` may give the first again.
   */
  open(): Awaitable<SessionStore>;
  /** Drops every handle as the end of the process would, and opens the same ground anew. */
  reopen(): Awaitable<SessionStore>;
  /** Lets a standby take over from the server, and opens the ground there; where there is a standby. */
  failover?(): Awaitable<SessionStore>;
}

/** One promise of the contract. */
export interface StoreCase {
  readonly title: string;
  /** Whether the case is about a store with these traits; every store if absent. */
  readonly needs?: (traits: StoreTraits) => boolean;
  /** @throws {AssertionError} where the store breaks the promise. */
  run(harness: StoreHarness): Promise<void>;
}

/** A case with the store already open, for those that need one handle only. */
export function storeCase(
  title: string,
  run: (store: SessionStore) => Promise<void>,
  needs?: (traits: StoreTraits) => boolean,
): StoreCase {
  return {
    title,
    ...(needs === undefined ? {} : { needs }),
    run: async (harness) => run(await harness.open()),
  };
}

/** Field by field and byte by byte; whether bytes come as a Buffer is the store's own affair. */
export function assertRecord(
  actual: SessionRecord | undefined,
  expected: SessionRecord,
  message?: string,
): void {
  assert.ok(actual !== undefined, message ?? "the record is not there");
  assert.deepEqual(comparable(actual), comparable(expected), message);
}

function comparable(value: unknown): unknown {
  // One line, since a diff of 70 000 array elements takes minutes and gigabytes.
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, comparable(field)]),
  );
}

/** Sweeps until the store says that it is done. @returns How many sessions were removed, in how many calls. */
export async function sweepAll(
  store: SessionStore,
  now: number,
  limit = 100,
): Promise<{ readonly removed: number; readonly calls: number }> {
  let removed = 0;
  for (let calls = 1; calls <= 1000; calls += 1) {
    const swept = await store.sweep(now, limit);
    removed += swept.removed;
    if (swept.done) return { removed, calls };
  }
  assert.fail("the sweep was not done after 1000 calls");
}
