/**
 * Runs the tests. `--unit` keeps to those that need nothing but Node, `--without=chromium` leaves a
 * program's tests out on purpose, `--node24` runs on Node 24; the rest goes to vitest.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseLeftOut } from "./programs.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Exact, so that a failure can be told from a new release of Node. */
const NODE24 = "24.21.0";

/** Kept outside the manifests: with it among the packages, `npm run` would silently use it. */
function node24() {
  const folder = join(root, "node_modules", ".cache", `node-${NODE24}`);
  const platform = `node-${process.platform}-${process.arch}`;
  const binary = join(folder, "node_modules", platform, "bin", "node");
  if (existsSync(binary)) return binary;
  process.stderr.write(`tests: installing ${platform}@${NODE24} …\n`);
  mkdirSync(folder, { recursive: true });
  const args = ["install", "--prefix", folder, "--no-save", "--no-package-lock"];
  const { status } = spawnSync("npm", [...args, `${platform}@${NODE24}`], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error(`npm could not install ${platform}@${NODE24}; see above.`);
  return binary;
}

const own = new Set(["--unit", "--node24"]);
const args = process.argv.slice(2);
const without = args
  .filter((arg) => arg.startsWith("--without="))
  .flatMap((arg) => parseLeftOut(arg.slice("--without=".length)));
const forVitest = args.filter((arg) => !own.has(arg) && !arg.startsWith("--without="));
const binary = args.includes("--node24") ? node24() : process.execPath;
const project = args.includes("--unit") ? ["--project", "unit"] : [];

const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const { status } = spawnSync(binary, [vitest, "run", ...project, ...forVitest], {
  cwd: root,
  stdio: ["ignore", 1, 2],
  env: {
    ...process.env,
    // A shell set up for deployment must not change what the tests see.
    NODE_ENV: "test",
    HOLDFAST_TEST_WITHOUT: [...new Set(without)].join(","),
  },
});
process.exitCode = status ?? 1;
