/**
 * Collects the evidence of every application of a tree: one after the other, or several at once in threads.
 * @module
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type CollectTask, collectOne, type TaskResult } from "./collect-task.ts";
import type { Application } from "./collectors/application.ts";
import type { Tree } from "./collectors/tree.ts";
import type { Unread } from "./evidence.ts";
import { type Collected, type Digests, digestsOf } from "./evidence-cache.ts";
import { recognise } from "./recognise.ts";

/** Told before each application is read. */
export type OnProgress = (done: number, total: number, what: string) => void;

/** What was found out, with a digest of each file that it was found in. */
export interface CollectedTree extends Collected {
  readonly read: Digests;
}

/** Each holds a parser and the syntax trees of its application: more cost more memory than they save time. */
const MAX_THREADS = 4;
/** What is read at once shares the memory of the process: this much of it takes about 700 MB. */
const MILLISECONDS_AT_ONCE = 5000;
/** Applications that take less than this together are read before a thread has started. */
const MILLISECONDS_WORTH_A_THREAD = 500;

/** One after the other, in this thread. */
export function collectInTurn(
  tree: Tree,
  onProgress?: OnProgress,
  found: readonly Application[] = recognise(tree),
): CollectedTree {
  const evidence = found.map((application, index) => {
    onProgress?.(index, found.length, application.root);
    return collectOne(tree, application);
  });
  onProgress?.(found.length, found.length, "");
  return { evidence, unread: tree.unread, read: digestsOf(tree) };
}

export interface AtOnceOptions {
  readonly onProgress?: OnProgress | undefined;
  /** How many run at once at most. @default what the machine has, and no more than four */
  readonly threads?: number;
  /** Runs a task. @default in a thread of its own */
  readonly run?: (task: CollectTask) => Promise<TaskResult>;
}

/**
 * Several at once, if that is sooner.
 *
 * @returns The same as in turn, whatever the order in which threads end.
 */
export async function collectAtOnce(
  tree: Tree,
  {
    onProgress,
    threads: most = Math.min(MAX_THREADS, availableParallelism()),
    run = inThread,
  }: AtOnceOptions = {},
): Promise<CollectedTree> {
  const found = recognise(tree);
  const threads = isWorthThreads(found) ? Math.min(most, found.length) : 1;
  if (threads < 2) return collectInTurn(tree, onProgress, found);

  const results: TaskResult[] = [];
  let done = 0;
  await inShifts(found.map(estimate), threads, async (index) => {
    const application = found[index] as Application;
    onProgress?.(done, found.length, application.root);
    results[index] = await run({ folder: tree.folder, files: tree.files, application });
    done += 1;
  });
  onProgress?.(found.length, found.length, "");
  return {
    evidence: results.map(({ evidence }) => evidence),
    unread: withoutTwins([...tree.unread, ...results.flatMap(({ unread }) => unread)]),
    read: Object.assign({}, digestsOf(tree), ...results.map(({ read }) => read)) as Digests,
  };
}

/** Runs every piece, the longest first, and as many at once as threads and memory allow. */
function inShifts(
  times: readonly number[],
  threads: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const waiting = [...times.keys()].sort((left, right) => timeOf(right) - timeOf(left));
  function timeOf(index: number): number {
    return times[index] ?? 0;
  }
  let running = 0;
  let load = 0;
  return new Promise((resolve, reject) => {
    const start = (): void => {
      for (const index of [...waiting]) {
        const fits = running < threads && load + timeOf(index) <= MILLISECONDS_AT_ONCE;
        if (running > 0 && !fits) continue;
        waiting.splice(waiting.indexOf(index), 1);
        running += 1;
        load += timeOf(index);
        work(index).then(() => {
          running -= 1;
          load -= timeOf(index);
          if (running === 0 && waiting.length === 0) resolve();
          else start();
        }, reject);
      }
    };
    start();
  });
}

/** Whether what can be read beside the longest takes longer than a thread to start. */
function isWorthThreads(found: readonly Application[]): boolean {
  const [longest = 0, ...others] = found.map(estimate).sort((left, right) => right - left);
  const beside = others.filter((time) => longest + time <= MILLISECONDS_AT_ONCE);
  return beside.reduce((sum, time) => sum + time, 0) >= MILLISECONDS_WORTH_A_THREAD;
}

/** In milliseconds. All PHP of an application is parsed; of scripts those that a question is about. */
function estimate(application: Application | undefined): number {
  let time = 0;
  for (const file of application?.files ?? []) {
    if (file.endsWith(".php")) time += 1.5;
    else if (/\.[cm]?[jt]sx?$/.test(file)) time += 0.1;
  }
  return time;
}

function inThread(task: CollectTask): Promise<TaskResult> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./collect-thread.js", import.meta.url), {
      workerData: task,
    });
    thread.once("message", resolve);
    thread.once("error", reject);
    // After a message this changes nothing.
    thread.once("exit", (code) =>
      reject(new Error(`The thread ended by itself, with code ${code}.`)),
    );
  });
}

/** What two applications both looked at is reported once. */
function withoutTwins(unread: readonly Unread[]): readonly Unread[] {
  return [...new Map(unread.map((each) => [`${each.file}\n${each.why}`, each])).values()];
}
