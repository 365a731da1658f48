/**
 * An audit of source and configuration: recognise, collect, judge. The whole story on one page.
 * @module
 */
import { collectAtOnce, collectInTurn, type OnProgress } from "./collect.ts";
import { collectEveryday } from "./collectors/everyday/collect-everyday.ts";
import { openTree, type Tree } from "./collectors/tree.ts";
import type { Control, Judgement } from "./controls/control.ts";
import { controls as allControls, everydayControls } from "./controls/index.ts";
import type { Evidence, Unread } from "./evidence.ts";
import { type Collected, recall, remember } from "./evidence-cache.ts";

export interface AuditOptions {
  /** The folder to read. */
  readonly folder: string;
  /** Ids of the controls to judge. @default all */
  readonly only?: readonly string[];
  /** Paths from the folder: these files alone, judged by what each shows by itself. @default every file */
  readonly files?: Iterable<string>;
  /** Where to remember what was found out, until a file changes. @default nowhere */
  readonly cache?: { readonly folder: string; readonly version: string };
  readonly onProgress?: OnProgress;
}

export interface AuditedApplication {
  readonly evidence: Evidence;
  readonly judgements: readonly { readonly control: Control; readonly judgement: Judgement }[];
}

export interface AuditResult {
  readonly applications: readonly AuditedApplication[];
  readonly unsupported: readonly string[];
  readonly unread: readonly Unread[];
  /** Files in the folder, others' packages left out. */
  readonly files: number;
}

/** Runs nothing of the application and sends nothing anywhere. Rejects only if the folder cannot be listed. */
export async function auditSource({
  folder,
  files,
  only,
  cache,
  onProgress,
}: AuditOptions): Promise<AuditResult> {
  if (files !== undefined) return auditFiles(openTree(folder, files), only);
  const tree = openTree(folder);
  const known = cache && recall(cache.folder, tree, cache.version);
  if (known !== undefined) return judged(tree, known, controlsOf(only));
  const collected = await collectAtOnce(tree, { onProgress });
  if (cache !== undefined) remember(cache.folder, tree, cache.version, collected);
  return judged(tree, collected, controlsOf(only));
}

function auditFiles(tree: Tree, only: readonly string[] | undefined): AuditResult {
  const controls = everydayControls.filter(({ id }) => only?.includes(id) ?? true);
  return judged(tree, { evidence: collectEveryday(tree), unread: tree.unread }, controls);
}

/** The same of a tree that is open, in this thread and without a memory. */
export function auditTree(tree: Tree): AuditResult {
  return judged(tree, collectInTurn(tree), allControls);
}

function controlsOf(only: readonly string[] | undefined): readonly Control[] {
  return only === undefined ? allControls : allControls.filter(({ id }) => only.includes(id));
}

function judged(
  tree: Tree,
  { evidence, unread }: Collected,
  controls: readonly Control[],
): AuditResult {
  return {
    applications: evidence.map((found) => ({
      evidence: found,
      judgements: controls.map((control) => ({ control, judgement: control.judge(found) })),
    })),
    unsupported: evidence.flatMap(({ unsupported }) => unsupported),
    unread,
    files: tree.files.length,
  };
}
