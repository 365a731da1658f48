/** The queue against the plainest model there is: a sorted list. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DueQueue, type QueueItem } from "./memory-queue.ts";

const step = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), dueAt: fc.nat(50) }),
  fc.record({ kind: fc.constant("remove" as const), at: fc.nat(30) }),
  fc.record({ kind: fc.constant("move" as const), at: fc.nat(30), dueAt: fc.nat(50) }),
);

describe("DueQueue", () => {
  it("always has an item of the smallest instant in front", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new DueQueue<QueueItem>();
        const model: QueueItem[] = [];
        for (const action of steps) {
          if (action.kind === "add") {
            const item = { dueAt: action.dueAt, position: 0 };
            model.push(item);
            queue.add(item);
          } else {
            const item = model[action.at];
            if (item === undefined) continue;
            if (action.kind === "move") queue.move(item, action.dueAt);
            else {
              queue.remove(item);
              model.splice(action.at, 1);
            }
          }
          const smallest = Math.min(...model.map(({ dueAt }) => dueAt));
          expect(queue.first?.dueAt ?? Number.POSITIVE_INFINITY).toBe(smallest);
        }
      }),
    );
  });
});
