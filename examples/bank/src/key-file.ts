/**
 * The key file, made on the first start by Holdfast's own command, as an operator would.
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** @returns Whether there was none yet. */
export function ensureKeyFile(path: string): boolean {
  if (existsSync(path)) return false;
  const holdfast = new URL("./cli/main.js", import.meta.resolve("holdfast"));
  const args = [fileURLToPath(holdfast), "keys", "generate", path];
  // Its standard output is for an operator; what goes wrong is ours to show.
  execFileSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  return true;
}
