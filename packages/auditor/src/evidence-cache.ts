/**
 * Remembers what was found out about a folder, for as long as none of the files that were read changes.
 * Kept in the user's own cache folder, never in the audited one.
 * @module
 */
import { hash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Tree } from "./collectors/tree.ts";
import type { Evidence, Unread } from "./evidence.ts";

/** What a run found out. */
export interface Collected {
  readonly evidence: readonly Evidence[];
  readonly unread: readonly Unread[];
}

/** Hash of each file that was read; `null` for one that could not be. */
export type Digests = Readonly<Record<string, string | null>>;

interface Entry extends Collected {
  readonly read: Digests;
}

const KEPT_ENTRIES = 50;

/** The name under which a folder's entry is kept: other files, or another release, and it is another. */
function nameOf(tree: Tree, version: string): string {
  return `${sha256([version, tree.folder, ...tree.files].join("\n"))}.json`;
}

/** What is remembered of exactly these files, or `undefined`. A damaged entry is as good as none. */
export function recall(folder: string, tree: Tree, version: string): Collected | undefined {
  let entry: Entry;
  try {
    entry = JSON.parse(readFileSync(join(folder, nameOf(tree, version)), "utf8")) as Entry;
  } catch {
    return undefined; // Not there, or not readable: collected anew, and written again.
  }
  const isSame = Object.entries(entry.read).every(
    ([file, expected]) => digest(tree.read(file)) === expected,
  );
  return isSame ? { evidence: entry.evidence, unread: entry.unread } : undefined;
}

/** Writes what was found out. A cache that cannot be written costs time at the next run and nothing else. */
export function remember(
  folder: string,
  tree: Tree,
  version: string,
  { evidence, unread, read }: Collected & { readonly read: Digests },
): void {
  const path = join(folder, nameOf(tree, version));
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(
      `${path}.${process.pid}`,
      JSON.stringify({ evidence, unread, read } satisfies Entry),
      { mode: 0o600 },
    );
    renameSync(`${path}.${process.pid}`, path);
    forgetOldest(folder);
  } catch {
    // Said above: the next run collects again.
  }
}

function forgetOldest(folder: string): void {
  const entries = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs }))
    .sort((left, right) => right.at - left.at);
  for (const { name } of entries.slice(KEPT_ENTRIES)) rmSync(join(folder, name), { force: true });
}

/** Of what a tree has read so far. */
export function digestsOf({ texts }: Tree): Digests {
  return Object.fromEntries([...texts].map(([file, text]) => [file, digest(text)]));
}

function digest(text: string | undefined): string | null {
  return text === undefined ? null : sha256(text);
}

function sha256(text: string): string {
  return hash("sha256", text, "base64url");
}
