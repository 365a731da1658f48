/**
 * Sweeping a large file leaves the event loop free.
 * @module
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { createKeyring, createSessions } from "holdfast";
import { sqliteStore } from "holdfast/stores/sqlite";
import { fillSessions } from "../support/filled-file.ts";
import { openSqlite, temporaryFolder } from "../support/sqlite.ts";
import { type Proof, proofOf } from "./proof.ts";

export interface SweepOptions {
  /** Expired sessions in the file. */
  readonly expired: number;
  /** Sessions that are alive, and must be afterwards. */
  readonly alive: number;
  /** How much more than when idle the event loop may be delayed, at the 99.9th percentile. @default 10 */
  readonly allowedMilliseconds?: number;
}

const HOUR_MS = 3_600_000;

/** Sweeps in this process, through the engine's own sweeper, and then idles for as long. */
export async function proveSweep(options: SweepOptions): Promise<Proof> {
  const { expired, alive, allowedMilliseconds = 10 } = options;
  const folder = temporaryFolder();
  const db = openSqlite(join(folder.path, "sessions.db"));
  try {
    await fillSessions(db, expired, Date.now() - HOUR_MS);
    await fillSessions(db, alive, Date.now() + HOUR_MS);
    const sessions = createSessions({
      keyring: createKeyring({ bytes: randomBytes(32) }),
      store: sqliteStore(db),
      sweep: false,
    });
    const startedAt = performance.now();
    const swept = await delaysDuring(() => sessions.sweep());
    const tookMs = performance.now() - startedAt;
    const idle = await delaysDuring(() => delay(tookMs));
    await sessions.close();

    const { left } = db.prepare("SELECT count(*) AS left FROM sessions").get() as { left: number };
    const moreMs = swept.highMs - idle.highMs;
    const faults: string[] = [];
    if (swept.result !== expired) faults.push(`${swept.result} of ${expired} were swept`);
    if (left !== alive) faults.push(`${left} sessions are left, where ${alive} are alive`);
    if (moreMs > allowedMilliseconds) {
      faults.push(`the event loop was delayed by ${moreMs.toFixed(1)} ms more than when idle`);
    }
    return proofOf(
      `sweeping ${expired} expired sessions delays the event loop by at most ${allowedMilliseconds} ms more than idling does`,
      faults,
      {
        swept: swept.result,
        alive: left,
        seconds: (tookMs / 1000).toFixed(1),
        "delay while sweeping, p99.9, ms": swept.highMs.toFixed(2),
        "delay while idle, p99.9, ms": idle.highMs.toFixed(2),
        "delay while sweeping, most, ms": swept.mostMs.toFixed(2),
        "delay while idle, most, ms": idle.mostMs.toFixed(2),
      },
    );
  } finally {
    db.close();
    folder.remove();
  }
}

interface Delays<Result> {
  readonly result: Result;
  /** 99.9th percentile. */
  readonly highMs: number;
  readonly mostMs: number;
}

/** How late the event loop's timers were; the histogram counts in nanoseconds. */
async function delaysDuring<Result>(work: () => Promise<Result>): Promise<Delays<Result>> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  const result = await work();
  histogram.disable();
  return { result, highMs: histogram.percentile(99.9) / 1e6, mostMs: histogram.max / 1e6 };
}
