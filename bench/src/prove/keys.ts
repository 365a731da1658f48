/**
 * Runs the `holdfast keys` command as an operator would.
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("cli/main.js", import.meta.resolve("holdfast")));

/** @throws {Error} If the command refuses or fails. */
export function runKeys(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "keys", ...args], {
    encoding: "utf8",
  });
  if (status !== 0)
    throw new Error(`holdfast keys ${args[0]} exits with ${status}: ${stdout}${stderr}`);
}
