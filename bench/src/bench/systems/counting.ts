/**
 * Counts the calls of an object's methods, for stores of other people's making.
 * @module
 */

/** @returns How many calls there were so far. */
export function countCalls<Store extends object>(
  store: Store,
  methods: readonly (keyof Store & string)[],
): () => number {
  let calls = 0;
  for (const name of methods) {
    const method = store[name];
    if (typeof method !== "function") throw new Error(`The store has no method ${name}`);
    Object.defineProperty(store, name, {
      value(this: Store, ...args: unknown[]) {
        calls += 1;
        return method.apply(this, args);
      },
    });
  }
  return () => calls;
}
