/**
 * Steps that may have to wait. Written as generators, so that one text serves stores that answer at once
 * and stores that answer later: promises cost more than all else on the way of an ordinary request.
 * @module
 */
import type { Awaitable } from "../stores/store.ts";

/** A computation that yields what it waits for. */
export type Steps<T> = Generator<unknown, T, unknown>;

/** Waits inside steps, where there is something to wait for: `const record = yield* step(store.get(key))`. */
export function* step<T>(answer: Awaitable<T>): Steps<T> {
  return isPromise(answer) ? ((yield answer) as T) : answer;
}

/** Takes the steps: at once as far as it goes, and as a promise from the first wait on. */
export function take<T>(steps: Steps<T>): T | Promise<T> {
  const first = steps.next();
  return first.done === true ? first.value : takeRest(steps, first.value);
}

async function takeRest<T>(steps: Steps<T>, waitingFor: unknown): Promise<T> {
  let pending = waitingFor;
  for (;;) {
    let next: IteratorResult<unknown, T>;
    try {
      next = steps.next(await pending);
    } catch (error) {
      next = steps.throw(error);
    }
    if (next.done === true) return next.value;
    pending = next.value;
  }
}

export function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === "function";
}
