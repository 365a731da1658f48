/**
 * Installed versions by the lock files of npm, Yarn, pnpm and Bun, read line by line where the format allows:
 * lock files are the largest files of a repository.
 * @module
 */
import { posix } from "node:path";
import type { Tree } from "../../tree.ts";

/** What is installed for one package of a repository. */
export interface Installed {
  version(name: string): string | undefined;
}

/** The nearest lock file at or above a folder. */
export function installedFor(tree: Tree, root: string): Installed {
  for (let folder = root; ; folder = posix.dirname(folder)) {
    for (const [name, read] of READERS) {
      const file = posix.normalize(posix.join(folder, name));
      const text = tree.read(file);
      if (text === undefined) continue;
      const found = read(tree, file, text, posix.relative(folder, root));
      if (found !== undefined) return found;
    }
    if (folder === "." || folder === "") return { version: () => undefined };
  }
}

type Reader = (tree: Tree, file: string, text: string, path: string) => Installed | undefined;

const READERS: readonly (readonly [string, Reader])[] = [
  ["package-lock.json", npmLock],
  ["npm-shrinkwrap.json", npmLock],
  ["pnpm-lock.yaml", pnpmLock],
  ["yarn.lock", yarnLock],
  ["bun.lock", bunLock],
];

interface NpmLock {
  readonly packages?: Record<string, { version?: unknown } | undefined>;
  readonly dependencies?: Record<string, { version?: unknown } | undefined>;
}

function npmLock(tree: Tree, file: string, text: string, path: string): Installed | undefined {
  let lock: NpmLock | null;
  try {
    lock = JSON.parse(text) as NpmLock | null;
  } catch {
    tree.report({ file, why: "is not JSON" });
    return undefined;
  }
  const { packages, dependencies } = lock ?? {};
  return {
    version(name) {
      const own = path === "" ? undefined : packages?.[`${path}/node_modules/${name}`];
      const found = own ?? packages?.[`node_modules/${name}`] ?? dependencies?.[name];
      return typeof found?.version === "string" ? found.version : undefined;
    },
  };
}

function pnpmLock(_tree: Tree, _file: string, text: string, path: string): Installed {
  const direct = new Map<string, string>();
  const all = new Map<string, string>();
  const wanted = path === "" ? "." : path;
  let section = "";
  let importer = ".";
  let name = "";
  for (const line of text.split("\n")) {
    const top = /^([a-zA-Z]+):/.exec(line);
    if (top?.[1] !== undefined) {
      section = top[1];
      continue;
    }
    if (section === "packages" || section === "snapshots") {
      const key = /^ {2}['"]?\/?((?:@[^/@\s]+\/)?[^/@\s'"]+)[@/](\d[^:('"_\s]*)/.exec(line);
      if (key?.[1] !== undefined && key[2] !== undefined && !all.has(key[1]))
        all.set(key[1], key[2]);
      continue;
    }
    const folder = section === "importers" ? /^ {2}['"]?([^\s'":]+)['"]?:\s*$/.exec(line) : null;
    if (folder?.[1] !== undefined) importer = folder[1];
    if (importer !== wanted) continue;
    const entry = /^\s+['"]?((?:@[^/\s]+\/)?[\w.-]+)['"]?:\s*(\d[^\s(_]*)?/.exec(line);
    if (entry?.[1] === undefined || entry[1] === "specifier") continue;
    if (entry[1] === "version" && entry[2] !== undefined) direct.set(name, entry[2]);
    else if (entry[2] !== undefined) direct.set(entry[1], entry[2]);
    else name = entry[1];
  }
  return { version: (one) => direct.get(one) ?? all.get(one) };
}

function yarnLock(_tree: Tree, _file: string, text: string): Installed {
  const versions = new Map<string, string>();
  let names: readonly string[] = [];
  for (const line of text.split("\n")) {
    if (/^\S.*:\s*$/.test(line) && !line.startsWith("#")) {
      names = line
        .replace(/:\s*$/, "")
        .split(",")
        .flatMap((one) => /^"?((?:@[^/@\s]+\/)?[^@\s"]+)@/.exec(one.trim())?.[1] ?? []);
      continue;
    }
    const version = /^\s+version:?\s+"?([^"\s]+)"?/.exec(line)?.[1];
    if (version === undefined) continue;
    for (const name of names) if (!versions.has(name)) versions.set(name, version);
  }
  return { version: (name) => versions.get(name) };
}

function bunLock(_tree: Tree, _file: string, text: string): Installed {
  const versions = new Map<string, string>();
  for (const match of text.matchAll(/^\s+"([^"]+)":\s*\[\s*"(?:[^"]+)@(\d[^"]*)"/gm)) {
    const [, name, version] = match;
    if (name !== undefined && version !== undefined) versions.set(name, version);
  }
  return { version: (name) => versions.get(name) };
}
