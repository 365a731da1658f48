/**
 * Completes package-lock.json; with `--check`, says what it lacks. npm leaves out of the lock file
 * what its registry does not carry, such as the binaries of other platforms, and `npm ci` then
 * refuses that lock file on every machine.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const file = join(dirname(fileURLToPath(import.meta.url)), "..", "package-lock.json");

/** The words that native packages put into their names, as npm's `os`, `cpu` and `libc` spell them. */
const platformWords = {
  os: "aix android darwin freebsd linux netbsd openbsd openharmony sunos win32".split(" "),
  cpu: "arm arm64 ia32 loong64 mips64el ppc64 riscv64 s390x wasm32 x64".split(" "),
  libc: ["glibc", "musl"],
};
const otherSpellings = { gnu: "glibc", gnueabihf: "glibc", musleabihf: "musl", eabi: "" };

/** Where such a package may run, from its name: npm must not fetch it for any other machine. */
function platformOf(name) {
  const words = name.split(/[-/@.]/).map((word) => otherSpellings[word] ?? word);
  return Object.fromEntries(
    Object.entries(platformWords)
      .map(([field, known]) => [field, words.filter((word) => known.includes(word))])
      .filter(([, found]) => found.length > 0),
  );
}

/** npm looks for a dependency beside each folder on the way up. */
function isLocked(packages, path, name) {
  for (
    let folder = path;
    ;
    folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))
  ) {
    if (packages[`${folder}${folder === "" ? "" : "/"}node_modules/${name}`]) return true;
    if (folder === "") return false;
  }
}

/** Optional dependencies that a locked package names and the lock file does not hold. */
function missingEntries(packages) {
  const missing = {};
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (isLocked(packages, path, name)) continue;
      const platform = platformOf(name);
      missing[`node_modules/${name}`] = {
        version,
        ...platform,
        ...(dev ? { dev: true } : {}),
        optional: true,
      };
    }
  }
  return missing;
}

const lock = JSON.parse(readFileSync(file, "utf8"));
const missing = missingEntries(lock.packages);
// A range or an unknown platform cannot be written down without asking the registry.
const unclear = Object.entries(missing).filter(
  ([, { version, os, cpu }]) => !/^\d+\.\d+\.\d+[-\w.]*$/.test(version) || (!os && !cpu),
);
for (const [path] of unclear)
  process.stderr.write(`package-lock.json lacks ${path}: run npm install.\n`);

const count = Object.keys(missing).length;
if (process.argv.includes("--check")) {
  if (count > 0)
    process.stderr.write(`package-lock.json lacks ${count} entries: npm run lockfile\n`);
} else if (unclear.length === 0 && count > 0) {
  const packages = Object.entries({ ...lock.packages, ...missing });
  // npm's own order, so that its next run changes nothing but what it means to.
  packages.sort(([a], [b]) => a.localeCompare(b, "en"));
  lock.packages = Object.fromEntries(packages);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`added ${count} entries to package-lock.json\n`);
}
if (unclear.length > 0 || (count > 0 && process.argv.includes("--check"))) process.exitCode = 1;
