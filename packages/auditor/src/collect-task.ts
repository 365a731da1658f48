/**
 * What is done with one application, in whichever thread: made of plain values, so that it can be sent to one.
 * @module
 */
import type { Application } from "./collectors/application.ts";
import { sessionPolicy } from "./collectors/config/session-policy.ts";
import { openTree, type Tree } from "./collectors/tree.ts";
import type { Evidence, Unread } from "./evidence.ts";
import { type Digests, digestsOf } from "./evidence-cache.ts";
import { collectorOf } from "./recognise.ts";

export interface CollectTask {
  readonly folder: string;
  /** All files of the tree: an application looks at some beside its own. */
  readonly files: readonly string[];
  readonly application: Application;
}

export interface TaskResult {
  readonly evidence: Evidence;
  readonly unread: readonly Unread[];
  readonly read: Digests;
}

/** In a tree of its own, from files as they are now. */
export function runTask({ folder, files, application }: CollectTask): TaskResult {
  const tree = openTree(folder, files);
  return {
    evidence: collectOne(tree, application),
    unread: tree.unread,
    read: digestsOf(tree),
  };
}

export function collectOne(tree: Tree, application: Application): Evidence {
  // A view of its own: what is remembered of parsed files goes with it.
  const evidence = collectorOf(application)({ ...tree }, application);
  return { ...evidence, policy: sessionPolicy(tree, application) };
}
