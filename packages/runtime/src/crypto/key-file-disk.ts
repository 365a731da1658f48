/**
 * The key file on the disk: how it is read and replaced without ever being half written, changed twice at
 * once, or readable by others. Its content is not known here.
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { SessionError } from "../errors.ts";
import { keyringError } from "./key-file.ts";

/** A key file as it lies on the disk. */
export interface KeyFileOnDisk {
  readonly text: string;
  /** The file itself, where `path` is a symbolic link. */
  readonly realPath: string;
  readonly stats: Stats;
}

/** Longest key file read, in bytes: a full one has under 8 000. */
const MAX_FILE_BYTES = 65_536;

/**
 * Reads the file that the path leads to. The checks and the content are those of one open file, so that
 * nobody can swap it in between (CWE-367).
 *
 * @throws {SessionError} `HOLDFAST_KEYRING` if there is no such file, or it cannot be read.
 */
export function readKeyFile(path: string): KeyFileOnDisk {
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw keyringError([`The key file "${path}" is not a regular file`]);
    if (stats.size > MAX_FILE_BYTES) {
      throw keyringError([`The key file "${path}" is too large to be one; check the path`]);
    }
    return { text: readFileSync(descriptor, "utf8"), realPath: realpathSync(path), stats };
  } catch (error) {
    throw error instanceof SessionError ? error : readError(path, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readError(path: string, cause: unknown): SessionError {
  const { code } = cause as NodeJS.ErrnoException;
  const quoted = shellQuote(path);
  const rule =
    code === "ENOENT"
      ? `There is no key file "${path}"; make one with \`npx holdfast keys generate ${quoted}\``
      : code === "EACCES"
        ? `The key file "${path}" may not be read by this user; as root, run \`chown ${userName()} ${quoted}\``
        : `The key file "${path}" cannot be read (${code})`;
  return new SessionError("HOLDFAST_KEYRING", rule, { faults: [rule] }, { cause });
}

/**
 * Who besides this user can get at the file; `undefined` if nobody can. Windows keeps neither owner nor
 * mode bits, and its access lists are not judged.
 *
 * @param userId The effective user, `undefined` on Windows.
 * @see CWE-732 (incorrect permission assignment for critical resource)
 */
export function accessFault(
  path: string,
  stats: Pick<Stats, "mode" | "uid">,
  userId: number | undefined = process.geteuid?.(),
): string | undefined {
  if (userId === undefined) return undefined;
  const quoted = shellQuote(path);
  if (stats.uid !== userId && stats.uid !== 0) {
    return `The key file "${path}" belongs to another user (uid ${stats.uid}), who could replace its keys; as root, run \`chown ${userName(userId)} ${quoted}\``;
  }
  if ((stats.mode & 0o066) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
    return `The key file "${path}" can be read or written by other users (mode ${mode}); run \`chmod 600 ${quoted}\``;
  }
  return undefined;
}

function userName(userId: number | undefined = process.geteuid?.()): string {
  return userId === undefined ? "USER" : String(userId);
}

/** The path as a POSIX shell takes it back, for commands in messages. */
export function shellQuote(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Changes whenever the file may have: a cheap look before reading. */
export function fileSignature(stats: Stats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(":");
}

/** As {@link fileSignature}, of the file that the path leads to; `undefined` if it leads nowhere. */
export function pathSignature(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : fileSignature(stats);
}

/** Tells whether a text changed, without keeping it. */
export function textDigest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/** @see writeKeyFile */
interface WriteOptions {
  /** The file to replace; absent when it must not exist yet. */
  readonly replaces?: KeyFileOnDisk;
}

/**
 * Writes the file whole or not at all: a process that reads meanwhile sees the old text or the new one,
 * and after a power cut one of them is there.
 *
 * @throws The file system's own error; `EEXIST` if the file must not exist and does.
 */
export function writeKeyFile(path: string, text: string, options: WriteOptions = {}): void {
  const target = options.replaces?.realPath ?? resolve(path);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
  const descriptor = openSync(temporary, "wx", 0o600);
  try {
    try {
      fchmodSync(descriptor, 0o600);
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
export function withKeyFileLock<T>(path: string, change: () => T): T {
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
    return change();
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
