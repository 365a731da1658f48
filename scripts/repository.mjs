/**
 * What must be true of the repository's files as a whole. Each rule answers a list of faults.
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const runtime = join(root, "packages", "runtime");

function read(path) {
  return readFileSync(join(root, path), "utf8");
}

/** Tracked files and those not yet added; what .gitignore names is nobody's source. */
function sourceFiles() {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (status === 0) {
    return stdout.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
  }
  // An unpacked archive has no git folder.
  const generated = /(^|[\\/])(node_modules|dist|coverage|\.git|\.holdfast)([\\/]|$)/;
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !generated.test(path));
}

/** Spelt apart, so that this file is not its own first finding. */
const lockedAddress = /"resolved":\s*"http/;
const registryHosts = new RegExp(
  ["registry\\.npmjs", "registry\\.yarnpkg", "npm\\.pkg\\.github", "registry\\.npmmirror"]
    .map((host) => `${host}\\.(org|com)`)
    .join("|"),
);

/** A lock file or setting that names a host ties every clone to one network. */
function namesNoRegistry() {
  return sourceFiles().flatMap((path) => {
    const text = read(path);
    const faults = [];
    if (registryHosts.test(text)) faults.push(`${path} names a package registry's host`);
    if (lockedAddress.test(text) && path.endsWith("package-lock.json")) {
      faults.push(`${path} holds addresses: .npmrc sets omit-lockfile-registry-resolved`);
    }
    if (/^\s*(\S+:)?registry\s*=/m.test(text) && path.endsWith(".npmrc")) {
      faults.push(`${path} sets a registry`);
    }
    return faults;
  });
}

/** The promise of the package: nothing comes along with it. */
function dependsOnNothing() {
  const manifest = JSON.parse(read("packages/runtime/package.json"));
  return ["dependencies", "peerDependencies", "optionalDependencies", "bundleDependencies"].flatMap(
    (field) =>
      Object.keys(manifest[field] ?? {}).map((name) => `packages/runtime ${field} holds ${name}`),
  );
}

/** Range marks let a second install differ from the tested one. */
function pinsDevDependencies() {
  const manifests = sourceFiles().filter((path) => /(^|\/)package\.json$/.test(path));
  return manifests.flatMap((path) =>
    Object.entries(JSON.parse(read(path)).devDependencies ?? {})
      .filter(([, version]) => !/^(npm:.+@)?\d+\.\d+\.\d+(-[\w.]+)?$|^\*$|^file:/.test(version))
      .map(([name, version]) => `${path}: devDependency ${name} is "${version}": pin it exactly`),
  );
}

/** The public files of a folder; `sqlite-schema.ts` is a part of `sqlite.ts`, not an entry. */
function entries(folder) {
  const path = join(runtime, "src", folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path)
    .filter((name) => name.endsWith(".ts") && !/\.(test|test-d|bench)\.ts$/.test(name))
    .map((name) => name.slice(0, -".ts".length));
  return names.filter((name) => !names.some((other) => name.startsWith(`${other}-`)));
}

function documented(folder) {
  const path = join(root, "docs", folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(".md") && !["index.md", "README.md"].includes(name))
    .map((name) => name.slice(0, -".md".length));
}

function exported(folder) {
  const prefix = `./${folder}/`;
  const subpaths = Object.keys(JSON.parse(read("packages/runtime/package.json")).exports);
  return subpaths
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
}

/** Source folder, `exports` and documentation name the same stores and the same adapters. */
function registriesAgree() {
  const contracts = { stores: "store", adapters: "adapter" };
  return Object.entries(contracts).flatMap(([folder, contract]) => {
    const lists = {
      [`packages/runtime/src/${folder}`]: entries(folder),
      "packages/runtime exports": exported(folder),
      [`docs/${folder}`]: documented(folder),
    };
    const all = new Set(Object.values(lists).flat());
    return Object.entries(lists).flatMap(([where, names]) =>
      [...all]
        .filter((name) => !names.includes(name))
        // A contract is exported for authors; its page is the guide to writing one.
        .filter((name) => name !== contract || !where.startsWith("docs/"))
        .map((name) => `${where} lacks ${folder}/${name}, which another list has`),
    );
  });
}

/** npm packs the licence that lies in the package's own folder. */
function shipsTheLicence() {
  const own = "packages/runtime/LICENSE";
  return existsSync(join(root, own)) && read(own) === read("LICENSE")
    ? []
    : [`${own} is not a copy of LICENSE`];
}

const rules = [
  namesNoRegistry,
  dependsOnNothing,
  pinsDevDependencies,
  registriesAgree,
  shipsTheLicence,
];
for (const fault of rules.flatMap((rule) => rule())) {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 1;
}
