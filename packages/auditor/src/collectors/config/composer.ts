/**
 * Reads composer.json and composer.lock: what is asked for, what is installed, and which PHP.
 * @module
 */
import type { Tree } from "../tree.ts";

export interface Composer {
  /** `composer.json`, from the root of the tree. */
  readonly file: string;
  readonly name: string | undefined;
  /** `library`, `project`, `symfony-bundle` …; `undefined` if the manifest does not say. */
  readonly type: string | undefined;
  /** What the manifest itself requires, development left out: package to constraint. */
  readonly requires: Readonly<Record<string, string>>;
  /** What it requires for development alone. */
  readonly requiresDev: Readonly<Record<string, string>>;
  /** Installed versions: of the lock file, else the least that the manifest asks for. Without `v`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Of what is installed for development alone. */
  readonly versionsDev: Readonly<Record<string, string>>;
  /** Whether `versions` were read from the lock file. */
  readonly isLocked: boolean;
  /** The version of every Symfony package that Symfony Flex narrows them to: `extra.symfony.require`. */
  readonly flex: string | undefined;
  /** The platform's PHP: what the lock file or `config.platform` pins, else the least that is allowed. */
  readonly php: string | undefined;
  /** Folders of the application's own classes by namespace prefix: `{ "App\\": "src" }`. */
  readonly autoload: Readonly<Record<string, string>>;
}

/** @param folder The manifest's folder, `"."` for the root. @returns `undefined` if there is no readable manifest. */
export function readComposer(tree: Tree, folder: string): Composer | undefined {
  const path = (name: string): string => (folder === "." ? name : `${folder}/${name}`);
  const file = path("composer.json");
  const manifest = readJson(tree, file);
  if (manifest === undefined) return undefined;
  const lock = readJson(tree, path("composer.lock"));

  const requires = strings(manifest.require);
  const requiresDev = strings(manifest["require-dev"]);
  const flex = strings(record(record(manifest.extra).symfony)).require;
  const locked = Array.isArray(lock?.packages) ? lock.packages : undefined;
  const platform =
    strings(lock?.["platform-overrides"]).php ?? strings(record(manifest.config).platform).php;
  const asked = strings(lock?.platform).php ?? requires.php;
  return {
    file,
    name: typeof manifest.name === "string" ? manifest.name : undefined,
    type: typeof manifest.type === "string" ? manifest.type : undefined,
    requires,
    requiresDev,
    versions: { ...leastVersions(requires, flex), ...lockedVersions(locked) },
    versionsDev: {
      ...leastVersions(requiresDev, flex),
      ...lockedVersions(lock?.["packages-dev"]),
    },
    isLocked: locked !== undefined,
    flex,
    php: platform ?? (asked === undefined ? undefined : leastVersion(asked)),
    autoload: autoloadOf(record(manifest.autoload)),
  };
}

function leastVersions(
  requires: Readonly<Record<string, string>>,
  flex: string | undefined,
): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const [name, constraint] of Object.entries(requires)) {
    // Symfony Flex narrows what `"*"` leaves open.
    const narrowed = constraint === "*" && name.startsWith("symfony/") ? flex : undefined;
    const least = leastVersion(narrowed ?? constraint);
    if (least !== undefined && name !== "php") versions[name] = least;
  }
  return versions;
}

function lockedVersions(packages: unknown): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const entry of Array.isArray(packages) ? packages : []) {
    const { name, version } = record(entry);
    if (typeof name !== "string" || typeof version !== "string") continue;
    versions[name] = version.replace(/^v(?=\d)/, "");
  }
  return versions;
}

/** `^6.4 || ^7.0` asks for 6.4 at least: the least decides which default may be in effect. */
export function leastVersion(constraint: string): string | undefined {
  const found = constraint.match(/(?<![\d.<!-])\d+(?:\.(?:\d+|[x*]))*/g);
  const versions = (found ?? []).map((text) => text.replace(/\.[x*]/g, ".0"));
  return versions.sort(compareVersions)[0];
}

/** Negative if `left` is older; of pre-releases only the numbers are compared. */
export function compareVersions(left: string, right: string): number {
  const numbers = (text: string): number[] =>
    (/\d+(\.\d+)*/.exec(text)?.[0] ?? "").split(".").map(Number);
  const [a, b] = [numbers(left), numbers(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function autoloadOf(autoload: Record<string, unknown>): Record<string, string> {
  const folders: Record<string, string> = {};
  for (const kind of ["psr-4", "psr-0"]) {
    for (const [prefix, target] of Object.entries(record(autoload[kind]))) {
      const first = Array.isArray(target) ? target[0] : target;
      if (typeof first === "string")
        folders[prefix] ??= first.replace(/^\.\//, "").replace(/\/$/, "");
    }
  }
  return folders;
}

function readJson(tree: Tree, file: string): Record<string, unknown> | undefined {
  const text = tree.read(file);
  if (text === undefined) return undefined;
  try {
    return record(JSON.parse(text));
  } catch {
    tree.report({ file, why: "is no JSON that can be read" });
    return undefined;
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function strings(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, text] of Object.entries(record(value))) {
    if (typeof text === "string") texts[key] = text;
  }
  return texts;
}
