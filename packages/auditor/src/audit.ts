/**
 * An audit of source and configuration: recognise, collect, judge. The whole story on one page.
 * @module
 */
import { collectEveryday } from "./collectors/everyday/collect-everyday.ts";
import { openTree, type Tree } from "./collectors/tree.ts";
import type { Control, Judgement } from "./controls/control.ts";
import { controls as allControls, everydayControls } from "./controls/index.ts";
import type { Evidence, Unread } from "./evidence.ts";
import { type Collected, recall, remember } from "./evidence-cache.ts";
import { recognise } from "./recognise.ts";

export interface AuditOptions {
  /** The folder to read. */
  readonly folder: string;
  /** Ids of the controls to judge. @default all */
  readonly only?: readonly string[];
  /** Paths from the folder: these files alone, judged by what each shows by itself. @default every file */
  readonly files?: Iterable<string>;
  /** Where to remember what was found out, until a file changes. @default nowhere */
  readonly cache?: { readonly folder: string; readonly version: string };
  /** Told before each application is read. */
  readonly onProgress?: (done: number, total: number, what: string) => void;
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
export async function auditSource(options: AuditOptions): Promise<AuditResult> {
  const { folder, files, only } = options;
  return files === undefined
    ? auditTree(openTree(folder), options)
    : auditFiles(openTree(folder, files), only);
}

function auditFiles(tree: Tree, only: readonly string[] | undefined): AuditResult {
  const controls = everydayControls.filter(({ id }) => only?.includes(id) ?? true);
  return judged(tree, { evidence: collectEveryday(tree), unread: tree.unread }, controls);
}

/** @see {@link auditSource} */
export function auditTree(
  tree: Tree,
  { only, cache, onProgress }: Omit<AuditOptions, "folder" | "files">,
): AuditResult {
  const controls =
    only === undefined ? allControls : allControls.filter(({ id }) => only.includes(id));
  const known = cache && recall(cache.folder, tree, cache.version);
  const collected = known ?? collect(tree, onProgress);
  if (cache !== undefined && known === undefined) {
    remember(cache.folder, tree, cache.version, collected);
  }
  return judged(tree, collected, controls);
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

function collect(tree: Tree, onProgress: AuditOptions["onProgress"]): Collected {
  const found = recognise(tree);
  const evidence = found.map(({ application, collect: gather }, index) => {
    onProgress?.(index, found.length, application.root);
    // A view of its own: what is remembered of parsed files goes with it.
    return gather({ ...tree }, application);
  });
  onProgress?.(found.length, found.length, "");
  return { evidence, unread: tree.unread };
}
