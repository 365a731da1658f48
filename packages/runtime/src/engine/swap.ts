/**
 * Replaces a record by compare-and-swap, reading again after a conflict, and finds out what became of
 * a write whose answer was lost.
 * @module
 */
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { SessionError } from "../errors.ts";
import type { SessionRecord, StoreKey } from "../stores/store.ts";
import { isPending, RECORD_FORMAT } from "../stores/store.ts";
import type { Core } from "./core.ts";
import { isPromise } from "./steps.ts";

const WRITE_IDS = 16;

/** Eight random bytes in hex: marks all attempts of one write. */
export function newWriteId(): string {
  return randomBytes(8).toString("hex");
}

/** A changed record; version and write ids are the swap's to set. */
export type Draft = Omit<SessionRecord, "version" | "writeIds" | "format">;

/** `gone`: no record is there any more. `declined`: the draft function found nothing to write. */
export type Swapped =
  | { readonly outcome: "written"; readonly record: SessionRecord }
  | { readonly outcome: "gone" }
  | { readonly outcome: "declined"; readonly record: SessionRecord };

/**
 * @param from The record as last read.
 * @param draft Makes the change; runs again on a fresh record after a conflict. `undefined` declines.
 * @throws {SessionError} HOLDFAST_STORE if the store fails or the deadline passes; a write may still have happened.
 */
export async function swapRecord(
  core: Core,
  key: StoreKey,
  from: SessionRecord,
  draft: (record: SessionRecord) => Draft | undefined,
): Promise<Swapped> {
  const writeId = newWriteId();
  const deadline = performance.now() + core.options.policy.storeDeadlineSeconds * 1000;
  let record = from;
  let unknownSince: number | undefined;

  for (let attempt = 0; ; attempt++) {
    if (isPending(record)) return { outcome: "gone" };
    const changed = record.format > RECORD_FORMAT ? undefined : draft(record);
    if (changed === undefined) return { outcome: "declined", record };
    const next: SessionRecord = {
      ...changed,
      format: RECORD_FORMAT,
      version: record.version + 1,
      writeIds: [writeId, ...record.writeIds].slice(0, WRITE_IDS),
    };
    let failure: unknown;
    try {
      const put = core.store.run("put", (store) => store.put(key, next));
      if (isPromise(put) ? await put : put) return { outcome: "written", record: next };
    } catch (cause) {
      // The write may have happened, or may happen yet: only the record can tell.
      failure = cause;
      unknownSince ??= record.version;
    }
    if (performance.now() >= deadline) throw failure ?? contended();
    // A store that refuses says so again and again: it is asked more slowly than a rival is met.
    if (failure !== undefined) await pause(attempt + 5, 256);
    else if (attempt > 0) await pause(attempt + 1, 32);

    const got = core.store.run("get", (store) => store.get(key));
    // Without a pause where there need be none, a synchronous store has no conflict the second time.
    const fresh = isPromise(got) ? await got : got;
    if (fresh === undefined) return { outcome: "gone" };
    if (fresh.writeIds.includes(writeId)) return { outcome: "written", record: fresh };
    if (unknownSince !== undefined && fresh.version - unknownSince >= WRITE_IDS) {
      throw failure ?? contended();
    }
    record = fresh;
  }
}

/** Waits before the next attempt: spread, so that rivals do not meet again. @param longest Milliseconds. */
export function pause(attempt: number, longest: number): Promise<void> {
  return delay(Math.random() * Math.min(2 ** attempt, longest));
}

function contended(): SessionError {
  return new SessionError("HOLDFAST_STORE", "Too many requests write this session at once", {
    operation: "put",
  });
}
