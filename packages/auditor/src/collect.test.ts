import { expect, it } from "vitest";
import { collectAtOnce, collectInTurn } from "./collect.ts";
import { runTask } from "./collect-task.ts";
import { withFiles } from "./collectors/testing.ts";
import { openTree } from "./collectors/tree.ts";
import { monorepo } from "./testing-monorepo.ts";

it("finds at once what it finds in turn, in the same order", async () => {
  using tree = withFiles(monorepo(400));
  const seen: string[] = [];
  const atOnce = await collectAtOnce(tree, {
    threads: 2,
    run: async (task) => {
      seen.push(task.application.root);
      // The first to begin is the last to end.
      if (seen.length === 1) await new Promise((resolve) => setImmediate(resolve));
      return runTask(task);
    },
  });
  expect(seen.sort()).toEqual(["admin", "shop"]);
  const inTurn = collectInTurn(openTree(tree.folder));
  expect(atOnce.evidence).toEqual(inTurn.evidence);
  expect(atOnce.unread).toEqual(inTurn.unread);
  expect(atOnce.read).toEqual(inTurn.read);
  expect(inTurn.unread.map(({ file }) => file)).toEqual([
    "admin/src/Broken.php",
    "shop/src/Broken.php",
  ]);
});

it("starts no thread for what is read before it has started", async () => {
  using tree = withFiles(monorepo(3));
  const { evidence } = await collectAtOnce(tree, {
    threads: 2,
    run: () => {
      throw new Error("A thread was started.");
    },
  });
  expect(evidence).toHaveLength(2);
});

it("starts no thread where the longest leaves no room for another beside it", async () => {
  using tree = withFiles(monorepo(1700));
  const { evidence } = await collectAtOnce(tree, {
    threads: 2,
    run: () => {
      throw new Error("A thread was started.");
    },
  });
  expect(evidence).toHaveLength(2);
});

it("tells its progress", async () => {
  using tree = withFiles(monorepo(400));
  const told: string[] = [];
  await collectAtOnce(tree, {
    threads: 2,
    run: async (task) => runTask(task),
    onProgress: (done, total, what) => told.push(`${done}/${total} ${what}`),
  });
  expect(told.at(-1)).toBe("2/2 ");
  expect(told).toHaveLength(3);
});
