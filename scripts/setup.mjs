/**
 * Makes a fresh clone ready: installs what package-lock.json says, then builds what changed.
 * Runs before `npm start`, `npm test` and `npm run check`; does nothing when all is current.
 * Plain Node: at this point nothing is installed.
 * @module
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lockFile = join(root, "package-lock.json");
const stamp = join(root, "node_modules", ".holdfast-setup");

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    return undefined;
  }
}

/** What npm last finished installing, as it recorded it itself; an interrupted run leaves none. */
function installedPackages() {
  const text = readText(join(root, "node_modules", ".package-lock.json"));
  return text === undefined ? undefined : JSON.parse(text).packages;
}

/** Whether someone's own `npm install` already put the lock file's exact packages there. */
function isInstalled(lockText) {
  const installed = installedPackages();
  if (installed === undefined) return false;
  return Object.entries(JSON.parse(lockText).packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed[path];
    // A package for another platform is in the lock file and rightly not on the disk.
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/** @returns Why it failed, if it did. */
function npm(...args) {
  // Inside a run script npm names itself, so that the same npm is used whatever PATH says.
  const own = process.env.npm_execpath;
  const [command, first] = own?.endsWith(".js") ? [process.execPath, [own]] : ["npm", []];
  // NODE_ENV=production would leave out the compiler.
  const all = [...first, ...args, "--include=dev", "--no-audit", "--no-fund"];
  const { status, error } = spawnSync(command, all, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32" && command === "npm",
  });
  return status === 0 ? undefined : (error?.message ?? `exit code ${status}`);
}

function install() {
  const lockText = readFileSync(lockFile, "utf8");
  const hash = createHash("sha256").update(lockText).digest("hex");
  if (readText(stamp) === hash) return;
  if (!isInstalled(lockText)) {
    say("installing the packages of package-lock.json (npm ci) …");
    if (npm("ci") !== undefined) {
      // It refuses a lock file that lacks other platforms' packages; npm run lockfile completes it.
      say("npm ci failed; trying npm install, which keeps to the lock file as far as it goes …");
      const failure = npm("install", "--no-save");
      if (failure) fail(`npm install failed too (${failure}); the reasons are above.`);
    }
  }
  writeFileSync(stamp, hash);
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** `tsc -b` never removes the output of a source file that was deleted, and the package would ship it. */
function removeOrphans(folder) {
  const dist = join(folder, "dist");
  for (const file of filesUnder(dist)) {
    const source = join(folder, "src", file.slice(dist.length + 1)).replace(
      /(\.d\.ts|\.js)$/,
      ".ts",
    );
    if (source.endsWith(".ts") && !existsSync(source)) rmSync(file);
  }
}

/** npm links a command when it installs, before there is a file that it could make executable. */
function markExecutable(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const bin of Object.values(manifest.bin ?? {})) {
    if (existsSync(join(folder, bin))) chmodSync(join(folder, bin), 0o755);
  }
}

function build() {
  const projects = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")).references;
  const folders = projects.map(({ path }) => join(root, path));
  for (const folder of folders) removeOrphans(folder);
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-b"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) fail("the build (tsc -b) failed; its reason is above.");
  for (const folder of folders) markExecutable(folder);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Holdfast needs Node 20.19 or newer, and this is Node ${process.versions.node}.`);
}
await withLock(
  join(root, ".holdfast", "setup.lock"),
  (pid) => say(`waiting for process ${pid}, which is setting this folder up …`),
  () => {
    install();
    build();
  },
);
