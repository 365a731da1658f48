/**
 * For tests of stores and of applications: the suite that every store passes, a clock, and sample records.
 * Names no test runner.
 * @module
 */

import type { StoreCase } from "./store-case.ts";
import { recordCases } from "./store-record-cases.ts";
import { subjectCases } from "./store-subject-cases.ts";
import { upkeepCases } from "./store-upkeep-cases.ts";

export { type CountingStore, countingStore, type StoreOperation } from "./counting-store.ts";
export { type FakeClock, fakeClock, sampleNow } from "./fake-clock.ts";
export { sampleRecord, sampleSession, sampleSubject } from "./samples.ts";
export type { StoreCase, StoreHarness } from "./store-case.ts";

/**
 * What every store must do. Each case runs on a ground of its own, empty at first; leave out the cases
 * whose `needs` the store's traits do not meet. The records handed in are never changed afterwards, and
 * neither may those be that a store returned.
 *
 * @example
 * for (const { title, needs, run } of storeCases) {
 *   if (needs?.(traits) ?? true) it(title, () => run(myHarness()));
 * }
 */
export const storeCases: readonly StoreCase[] = [...recordCases, ...subjectCases, ...upkeepCases];
