/**
 * Replaces the key file without it ever being half written or changed twice at once. Its content is not
 * known here.
 * @module
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { keyringError } from "../crypto/key-file.ts";
import type { KeyFileOnDisk } from "../crypto/key-file-disk.ts";

/** The path as a POSIX shell takes it back, for commands in messages. */
export function shellQuote(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** @see writeKeyFile */
interface WriteOptions {
  /** The file to replace; absent when it must not exist yet. */
  readonly replaces?: KeyFileOnDisk;
  /** Who may read it, for a file that says nothing to others. @default 0o600 */
  readonly mode?: number;
}

/**
 * Writes the file whole or not at all: a process that reads meanwhile sees the old text or the new one,
 * and after a power cut one of them is there.
 *
 * @throws The file system's own error; `EEXIST` if the file must not exist and does.
 */
export function writeKeyFile(path: string, text: string, options: WriteOptions = {}): void {
  // The file itself, where the path is a symbolic link to it.
  const target = options.replaces === undefined ? resolve(path) : realpathSync(path);
  const { mode = 0o600 } = options;
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  const descriptor = openSync(temporary, "wx", 0o600);
  try {
    try {
      fchmodSync(descriptor, mode);
      keepOwner(descriptor, options.replaces?.stats);
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    // A rename would overwrite; a link fails if the name is taken.
    if (options.replaces === undefined) linkSync(temporary, target);
    else renameSync(temporary, target);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(folder);
}

// An administrator's command must not take the file away from the user that the server runs as.
function keepOwner(descriptor: number, before: Stats | undefined): void {
  if (before === undefined || process.geteuid === undefined) return;
  const { uid } = fstatSync(descriptor);
  if (uid !== before.uid) fchownSync(descriptor, before.uid, before.gid);
}

function syncFolder(folder: string): void {
  // Windows cannot open a folder, and journals names by itself.
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Runs `change` while no other command changes the file. A lock left by a command that was killed is not
 * taken over, since two commands could both do that; the message says how to remove it.
 *
 * @throws {SessionError} `HOLDFAST_KEYRING` if another command holds the lock.
 */
export async function withKeyFileLock<T>(path: string, change: () => T | Promise<T>): Promise<T> {
  const lock = `${resolveTarget(path)}.lock`;
  let descriptor: number;
  try {
    descriptor = openSync(lock, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw keyringError([
      `Another command is changing the keys; try again, or if none is running, \`rm ${shellQuote(lock)}\``,
    ]);
  }
  try {
    return await change();
  } finally {
    closeSync(descriptor);
    rmSync(lock, { force: true });
  }
}

// Two names of one file share one lock.
function resolveTarget(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // The file is yet to be made.
    return resolve(path);
  }
}
