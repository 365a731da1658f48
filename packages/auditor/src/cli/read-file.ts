/**
 * Reads a file that the command line names or that lies in the audited folder, within a bound.
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

export interface ReadOptions {
  readonly limitBytes: number;
  /** A file that the audited folder chose may be a link to anywhere. @default true */
  readonly followLinks?: boolean;
}

/**
 * @throws {Error} with the system's code, or `EFBIG` for a file over the limit, `EISDIR` for what is no file.
 */
export function readFileBounded(
  path: string,
  { limitBytes, followLinks = true }: ReadOptions,
): Buffer {
  // Not held up by a pipe without a writer.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const descriptor = openSync(path, followLinks ? flags : flags | constants.O_NOFOLLOW);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw Object.assign(new Error("is no file"), { code: "EISDIR" });
    if (stats.size > limitBytes) throw Object.assign(new Error("is too large"), { code: "EFBIG" });
    const bytes = Buffer.alloc(stats.size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(descriptor, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}
