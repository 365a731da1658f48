/**
 * The audited folder as collectors see it: a list of files, read within bounds. Follows no link, leaves the
 * folder never, and executes nothing.
 * @module
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
} from "node:fs";
import { join } from "node:path";
import type { Unread } from "../evidence.ts";

/** No source file of a person is longer; a longer one is generated, or made to keep us busy. */
export const MAX_FILE_BYTES: number = 2 * 1024 * 1024;
/** Lock files of large applications. */
const MAX_LOCK_BYTES = 32 * 1024 * 1024;
const MAX_FILES = 200_000;
const MAX_DEPTH = 40;

/** Folders that hold others' code, or output: never the application's own. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ".git",
  ".hg",
  ".svn",
  ".idea",
  ".next",
  ".nuxt",
  ".turbo",
  ".yarn",
  "bower_components",
  "coverage",
  "node_modules",
]);

const LOCK_FILE =
  /(^|\/)(composer\.lock|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lock)$/;

export interface Tree {
  /** Absolute path of the folder. For opening files only: never shown. */
  readonly folder: string;
  /** Every file's path from the folder, with `/`, in order of names. */
  readonly files: readonly string[];
  has(file: string): boolean;
  /** A file's text; `undefined` if it is not there or cannot be read, which then is in `unread`. */
  read(file: string): string | undefined;
  /** What has been read so far, by file. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  /** What could not be read so far. */
  readonly unread: readonly Unread[];
  /** Reports a file that was read and not understood in full. */
  report(unread: Unread): void;
}

/**
 * @param folder An existing folder.
 * @param only Paths from the folder: these alone. @default every file
 * @throws {Error} with the system's code if it cannot be listed.
 */
export function openTree(folder: string, only?: Iterable<string>): Tree {
  const root = realpathSync(folder);
  const unread: Unread[] = [];
  const files = only === undefined ? listFiles(root, unread) : existing(root, only);
  const known = new Set(files);
  const texts = new Map<string, string | undefined>();
  const reported = new Set<string>();

  const report = (entry: Unread): void => {
    const key = `${entry.file}\n${entry.why}`;
    if (reported.has(key)) return;
    reported.add(key);
    unread.push(entry);
  };
  return {
    folder: root,
    files,
    texts,
    unread,
    report,
    has: (file) => known.has(file),
    read(file) {
      if (!known.has(file)) return undefined;
      if (texts.has(file)) return texts.get(file);
      let text: string | undefined;
      try {
        text = readBounded(
          join(root, file),
          LOCK_FILE.test(file) ? MAX_LOCK_BYTES : MAX_FILE_BYTES,
        );
        if (text === undefined) report({ file, why: "is larger than what is read of a file" });
      } catch (error) {
        const { code = "unknown" } = error as { code?: string };
        report({ file, why: `cannot be read (${code})` });
      }
      texts.set(file, text);
      return text;
    },
  };
}

function listFiles(root: string, unread: Unread[]): string[] {
  const files: string[] = [];
  const visit = (folder: string, depth: number): void => {
    if (depth > MAX_DEPTH) {
      unread.push({ file: folder, why: `lies deeper than ${MAX_DEPTH} folders` });
      return;
    }
    let entries: ReturnType<typeof entriesOf>;
    try {
      entries = entriesOf(join(root, folder));
    } catch (error) {
      const { code = "unknown" } = error as { code?: string };
      unread.push({ file: folder, why: `cannot be listed (${code})` });
      return;
    }
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      // A link is neither: whatever it points to is read where it is, or is none of ours.
      if (entry.isDirectory()) {
        if (!isLeftOut(path, entry.name)) visit(path, depth + 1);
      } else if (entry.isFile()) {
        if (files.length === MAX_FILES) {
          unread.push({
            file: path,
            why: `comes after the first ${MAX_FILES} files; audit a folder below`,
          });
          return;
        }
        files.push(path);
      }
    }
  };
  visit("", 0);
  return files;
}

/** Those that are there and lie in the folder. */
function existing(root: string, only: Iterable<string>): string[] {
  const wanted = new Set<string>();
  for (const file of only) {
    const parts = file.split("/");
    if (parts.some((part) => part === "" || part === "." || part === ".." || LEFT_OUT.has(part))) {
      continue;
    }
    wanted.add(file);
  }
  return [...wanted].filter((file) => isPlainFile(root, file)).sort();
}

/** Whether no part of the path is a link and its end is a file. */
function isPlainFile(root: string, file: string): boolean {
  let path = root;
  const parts = file.split("/");
  return parts.every((part, index) => {
    path = join(path, part);
    const entry = lstatSync(path, { throwIfNoEntry: false });
    return index === parts.length - 1 ? entry?.isFile() : entry?.isDirectory();
  });
}

function entriesOf(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((left, right) =>
    left.name < right.name ? -1 : 1,
  );
}

/** `vendor` holds others' packages; caches and logs hold what the application made. */
function isLeftOut(path: string, name: string): boolean {
  return LEFT_OUT.has(name) || name === "vendor" || /(^|\/)var\/(cache|log)$/.test(path);
}

/** @returns The text, or `undefined` if there is more than `limit` bytes of it. */
function readBounded(path: string, limit: number): string | undefined {
  // A link that took the file's place since it was listed is not followed; a pipe does not hold us up.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const descriptor = openSync(path, flags);
  try {
    const { size } = fstatSync(descriptor);
    if (size > limit) return undefined;
    const bytes = Buffer.allocUnsafe(size);
    let at = 0;
    while (at < size) {
      const read = readSync(descriptor, bytes, at, size - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.toString("utf8", 0, at).replace(/^\uFEFF/, "");
  } finally {
    closeSync(descriptor);
  }
}
