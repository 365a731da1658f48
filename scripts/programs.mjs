/**
 * Programs that tests run against and npm cannot install: found on the machine, else installed from
 * Debian, else a failure that says what to paste. Never a silent skip.
 * As a command, `node scripts/programs.mjs chromium` prints where the program is.
 * @module
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** One row per program: what it may be called, where Debian hides it, which packages bring it. */
export const programs = {
  chromium: {
    names: ["chromium", "chromium-browser", "google-chrome"],
    folders: ["/usr/bin", "/snap/bin"],
    packages: ["chromium"],
    variable: "HOLDFAST_TEST_CHROMIUM",
  },
  redis: {
    names: ["redis-server"],
    folders: ["/usr/bin"],
    packages: ["redis-server"],
    variable: "HOLDFAST_TEST_REDIS",
  },
  postgres: {
    names: ["postgres"],
    // Debian keeps one folder per version, and none of them on the PATH.
    folders: ["18", "17", "16", "15", "14"].map((version) => `/usr/lib/postgresql/${version}/bin`),
    packages: ["postgresql"],
    variable: "HOLDFAST_TEST_POSTGRES",
  },
  mariadb: {
    names: ["mariadbd"],
    folders: ["/usr/sbin", "/usr/bin"],
    packages: ["mariadb-server"],
    variable: "HOLDFAST_TEST_MARIADB",
  },
  memcached: {
    names: ["memcached"],
    folders: ["/usr/bin"],
    packages: ["memcached"],
    variable: "HOLDFAST_TEST_MEMCACHED",
  },
  softhsm: {
    names: ["softhsm2-util"],
    folders: ["/usr/bin"],
    packages: ["softhsm2"],
    variable: "HOLDFAST_TEST_SOFTHSM",
  },
  // For modules that npm builds where a test needs them.
  compiler: {
    names: ["g++", "clang++"],
    folders: ["/usr/bin"],
    packages: ["g++", "make", "python3"],
    variable: "HOLDFAST_TEST_COMPILER",
  },
};

/** @typedef {keyof typeof programs} ProgramName */

/**
 * The names in `--without=…`, which scripts/test.mjs hands on in HOLDFAST_TEST_WITHOUT.
 *
 * @param {string} list Comma-separated.
 * @returns {readonly ProgramName[]}
 */
export function parseLeftOut(list) {
  const names = list.split(",").filter((name) => name !== "");
  const unknown = names.filter((name) => !Object.hasOwn(programs, name));
  if (unknown.length > 0) {
    const known = Object.keys(programs).join(", ");
    throw new Error(`--without does not know ${unknown.join(", ")}; it knows ${known}.`);
  }
  return /** @type {ProgramName[]} */ (names);
}

/** @param {ProgramName} name */
export function isLeftOut(name) {
  return parseLeftOut(process.env.HOLDFAST_TEST_WITHOUT ?? "").includes(name);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Absent or not executable: either way not a program that a test can start.
    return false;
  }
}

/**
 * @param {ProgramName} name
 * @returns {string | undefined} The program's path.
 */
export function findProgram(name) {
  const { names, folders, variable } = programs[name];
  const chosen = process.env[variable];
  if (chosen) {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`${variable} names ${chosen}, which is not an executable file.`);
  }
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of [...path, ...folders]) {
    const found = names.map((file) => join(folder, file)).find(isExecutable);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    // Not a Linux that says what it is: nothing that apt-get could serve.
    return false;
  }
}

function aptGet(args) {
  const { status } = spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    // Standard output may be a report that somebody parses.
    stdio: ["ignore", 2, 2],
  });
  return status === 0;
}

/** Why this machine must be prepared by hand, if so. */
function refusalToInstall() {
  if (process.env.HOLDFAST_TEST_INSTALL === "never") return "HOLDFAST_TEST_INSTALL is never";
  if (process.platform !== "linux" || !isDebian()) return "this is not Debian";
  if (process.getuid?.() !== 0) return "only root may install packages";
  return undefined;
}

function missing(name, reason) {
  const command = `apt-get update && apt-get install -y ${programs[name].packages.join(" ")}`;
  return new Error(
    `These tests need ${name}, and ${reason}. Install it:\n\n    ${command}\n\n` +
      `or set ${programs[name].variable} to its path, or leave its tests out: npm test -- --without=${name}`,
  );
}

/**
 * @param {ProgramName} name
 * @returns {Promise<string>} The program's path, found or just installed.
 * @throws {Error} With the command to paste, where it is absent and cannot be installed.
 */
export async function requireProgram(name) {
  const there = findProgram(name);
  if (there !== undefined) return there;
  // Test files run at the same time: the first installs, the others wait and then find the program.
  return withLock(
    join(root, ".holdfast", "install.lock"),
    () => {},
    () => {
      const waitedFor = findProgram(name);
      if (waitedFor !== undefined) return waitedFor;
      const refusal = refusalToInstall();
      if (refusal !== undefined) throw missing(name, refusal);
      const { packages } = programs[name];
      process.stderr.write(`tests: installing ${packages.join(" ")} with apt-get …\n`);
      // An image without package lists needs the update; one with lists may hold them stale.
      const install = ["install", "-y", "--no-install-recommends", ...packages];
      if (!aptGet(["update"]) || !aptGet(install))
        throw missing(name, "apt-get failed (see above)");
      const installed = findProgram(name);
      if (installed === undefined) throw missing(name, "apt-get brought no such program");
      return installed;
    },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name] = parseLeftOut(process.argv[2] ?? "");
  if (name === undefined) throw new Error(`Name one of: ${Object.keys(programs).join(", ")}.`);
  process.stdout.write(`${await requireProgram(name)}\n`);
}
