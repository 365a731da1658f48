/**
 * A store whose answers get lost: operations that fail before or after they took effect, or take effect
 * later than their caller waited.
 * @module
 */
import type { SessionStore } from "../../src/stores/store.ts";
import { wrapStore } from "./engine.ts";

/**
 * `before`: fails, and nothing happened. `after`: happens, and fails all the same. `late`: fails, and
 * happens when {@link FaultyStore.arrive} is called. `silent`: never happens and never answers.
 */
export type Fault = "before" | "after" | "late" | "silent";

export interface FaultyStore {
  readonly store: SessionStore;
  /** Plans faults for the next calls of an operation, in order. */
  fail(operation: keyof SessionStore, ...faults: readonly Fault[]): void;
  /** Fails every call of an operation from now on; `undefined` ends that. */
  failAlways(operation: keyof SessionStore, fault: Fault | undefined): void;
  /** Lets what was late take effect. */
  arrive(): Promise<void>;
}

export function faultyStore(inner: SessionStore): FaultyStore {
  const planned = new Map<keyof SessionStore, Fault[]>();
  const always = new Map<keyof SessionStore, Fault>();
  let waiting: (() => unknown)[] = [];
  return {
    store: wrapStore(inner, async (operation, call) => {
      const fault = planned.get(operation)?.shift() ?? always.get(operation);
      if (fault === undefined) return call();
      if (fault === "late") waiting.push(call);
      if (fault === "after") await call();
      if (fault === "silent") return new Promise(() => {});
      throw new Error("the connection was cut");
    }),
    fail: (operation, ...faults) => void planned.set(operation, [...faults]),
    failAlways(operation, fault) {
      if (fault === undefined) always.delete(operation);
      else always.set(operation, fault);
    },
    async arrive() {
      const calls = waiting;
      waiting = [];
      for (const call of calls) await call();
    },
  };
}
