/**
 * Takes a history on a store, with several processes, and checks it.
 * @module
 */

import { randomBytes } from "node:crypto";
import { startServer } from "../support/child.ts";
import { seededRandom } from "../support/random.ts";
import { prepareStore, type StoreName, storeRows } from "../support/stores.ts";
import { checkHistory } from "./check.ts";
import type { Entry } from "./operation.ts";
import type { Performed } from "./perform.ts";
import type { Violation } from "./violation.ts";
import type { HistoryOrder } from "./worker.ts";
import { runWorkload, type WorkloadOptions } from "./workload.ts";

export interface HistoryOptions {
  readonly store: StoreName;
  /** One for a store that lives in its process. */
  readonly processes: number;
  readonly operations: number;
  /** Repeats the choices, not the timings. */
  readonly seed: number;
}

export interface HistoryResult extends HistoryOptions {
  readonly seconds: number;
  readonly history: readonly Entry[];
  /** Writes that met another one and were made again. */
  readonly conflicts: number;
  readonly violations: readonly Violation[];
}

/** How many of everything a history of so many operations has. */
export function sizesFor(
  operations: number,
): Pick<WorkloadOptions, "sessions" | "subjects" | "concurrency"> {
  const sessions = Math.max(20, Math.min(300, Math.floor(operations / 40)));
  return { sessions, subjects: 8, concurrency: 128 };
}

/** @throws {Error} If the store or a process fails to start, or a process ends. */
export async function runHistory(options: HistoryOptions): Promise<HistoryResult> {
  const { store, operations, seed } = options;
  const processes = storeRows[store].isShared ? options.processes : 1;
  const prepared = await prepareStore(store);
  const args = [JSON.stringify(prepared.description), randomBytes(32).toString("hex")];
  const workers: Awaited<ReturnType<typeof startServer>>[] = [];
  try {
    while (workers.length < processes) workers.push(await startServer("history/worker.js", args));
    const startedAt = performance.now();
    const history = await runWorkload({
      ...sizesFor(operations),
      operations,
      random: seededRandom(seed),
      targets: workers.map((worker) => (request) => {
        const order: HistoryOrder = { order: "perform", request };
        return worker.ask<Performed>(order);
      }),
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const order: HistoryOrder = { order: "conflicts" };
    const conflicts = await Promise.all(workers.map((worker) => worker.ask<number>(order)));
    return {
      ...options,
      processes,
      seconds,
      history,
      conflicts: conflicts.reduce((sum, count) => sum + count, 0),
      violations: checkHistory(history),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await prepared.stop();
  }
}
