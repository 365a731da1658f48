/**
 * Counts what is asked of a store, to prove what costs no store command.
 * @module
 */
import type { SessionStore } from "../stores/store.ts";

/** The operations that are counted: every method of the contract but `watch` and `close`. */
export type StoreOperation = Exclude<keyof SessionStore, "name" | "traits" | "watch" | "close">;

/** @see countingStore */
export interface CountingStore extends SessionStore {
  /** How often each method was called since the last `reset`. */
  readonly counts: Readonly<Record<StoreOperation, number>>;
  /** Sum of {@link counts}. */
  readonly total: number;
  /** Sets every count to 0. */
  reset(): void;
}

/** Wraps a store; passes every call on as it is, and counts it before it runs. */
export function countingStore(inner: SessionStore): CountingStore {
  const counts: Record<StoreOperation, number> = {
    get: 0,
    create: 0,
    put: 0,
    touch: 0,
    delete: 0,
    listSubject: 0,
    deleteSubject: 0,
    checkpoint: 0,
    deleteAll: 0,
    sweep: 0,
    scan: 0,
    clock: 0,
  };
  const counted =
    <Values extends unknown[], Result>(
      name: StoreOperation,
      method: (...values: Values) => Result,
    ): ((...values: Values) => Result) =>
    (...values) => {
      counts[name] += 1;
      return method.apply(inner, values);
    };
  return {
    name: inner.name,
    traits: inner.traits,
    counts,
    get total() {
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    reset() {
      for (const name of Object.keys(counts) as StoreOperation[]) counts[name] = 0;
    },
    get: counted("get", inner.get),
    create: counted("create", inner.create),
    put: counted("put", inner.put),
    touch: counted("touch", inner.touch),
    delete: counted("delete", inner.delete),
    listSubject: counted("listSubject", inner.listSubject),
    deleteSubject: counted("deleteSubject", inner.deleteSubject),
    checkpoint: counted("checkpoint", inner.checkpoint),
    deleteAll: counted("deleteAll", inner.deleteAll),
    sweep: counted("sweep", inner.sweep),
    ...(inner.scan === undefined ? {} : { scan: counted("scan", inner.scan) }),
    ...(inner.watch === undefined ? {} : { watch: inner.watch.bind(inner) }),
    ...(inner.clock === undefined ? {} : { clock: counted("clock", inner.clock) }),
    close: () => inner.close(),
  };
}
