/**
 * The key file on the disk, as a server reads it: of this user alone, and of a size that can be one.
 * Its content is not known here; the command writes it.
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { SessionError } from "../errors.ts";
import { keyringError } from "./key-file.ts";

/** A key file as it lies on the disk. */
export interface KeyFileOnDisk {
  readonly text: string;
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
    if (!stats.isFile() || stats.size > MAX_FILE_BYTES) {
      throw keyringError([
        `"${path}" is not a key file: no regular file, or too large; check the path`,
      ]);
    }
    return { text: readFileSync(descriptor, "utf8"), stats };
  } catch (error) {
    throw error instanceof SessionError ? error : readError(path, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readError(path: string, cause: unknown): SessionError {
  const { code } = cause as NodeJS.ErrnoException;
  const rule =
    code === "ENOENT"
      ? `There is no key file "${path}"; make one with \`npx holdfast keys generate ${path}\``
      : `The key file "${path}" cannot be read (${code})${code === "EACCES" ? `; ${giveTo(process.geteuid?.(), path)}` : ""}`;
  return new SessionError("HOLDFAST_KEYRING", rule, { faults: [rule] }, { cause });
}

function giveTo(userId: number | undefined, path: string): string {
  return `as root, run \`chown ${userId ?? "USER"} ${path}\``;
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
  if (stats.uid !== userId && stats.uid !== 0) {
    return `The key file "${path}" belongs to another user (uid ${stats.uid}), who could replace its keys; ${giveTo(userId, path)}`;
  }
  if ((stats.mode & 0o066) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    return `The key file "${path}" can be read or written by other users (mode ${mode}); run \`chmod 600 ${path}\``;
  }
  return undefined;
}
