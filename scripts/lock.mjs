/**
 * A lock between processes: two `npm test` at once must not install into one folder.
 * @module
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MILLISECONDS = 100;

/** Signal 0 only asks; EPERM means that the process lives under another account. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function tryLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    return false;
  }
}

/** The process that holds the lock; `undefined` if it was given up between two looks. */
function holder(file) {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}

/**
 * Runs `work` while no other process runs work under the same file.
 * A lock whose process has ended is taken over: an interrupted run must not block the next one.
 *
 * @template T
 * @param {string} file
 * @param {(pid: number) => void} onWait Told once, with the process that is waited for.
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, onWait, work) {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  let empty = 0;
  while (!tryLock(file)) {
    const pid = holder(file);
    if (pid === undefined) continue;
    // Created and not yet written looks empty (0) for an instant; it stays so only after a crash.
    empty = pid === 0 ? empty + 1 : 0;
    if (empty > 10 || (pid !== 0 && !isAlive(pid))) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told && pid !== 0) {
      onWait(pid);
      told = true;
    }
    await sleep(POLL_MILLISECONDS);
  }
  const release = () => rmSync(file, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}
