/**
 * What Composer's files say of a Phalcon application: versions, and whether it asks for Phalcon at all.
 * @module
 */
import type { Tree } from "../tree.ts";

export interface Composer {
  readonly file: string;
  /** Folder from the root of the tree; `"."` for the root itself. */
  readonly root: string;
  readonly name: string | undefined;
  readonly asksForPhalcon: boolean;
  /** Of Phalcon's packages and of what reads `.env` files. */
  readonly versions: Readonly<Record<string, string>>;
  readonly php: string | undefined;
  /** What the manifest asks for, as it is written there. */
  readonly constraints: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

/** @returns `undefined` if it is no JSON, which the tree then reports. */
export function composerOf(tree: Tree, file: string): Composer | undefined {
  const manifest = readJson(tree, file);
  if (manifest === undefined) return undefined;
  const root = file.includes("/") ? file.replace(/\/[^/]*$/, "") : ".";
  const lockFile = root === "." ? "composer.lock" : `${root}/composer.lock`;
  const lock = tree.has(lockFile) ? readJson(tree, lockFile) : undefined;
  const required = { ...record(manifest["require-dev"]), ...record(manifest.require) };
  const versions: Record<string, string> = {};
  const constraints: Record<string, string> = {};
  for (const [name, constraint] of Object.entries(required)) {
    if (isOfInterest(name) && typeof constraint === "string") {
      constraints[name] = constraint;
      const version = withoutOperator(constraint);
      if (version !== undefined) versions[name] = version;
    }
  }
  for (const part of ["packages-dev", "packages"]) {
    for (const entry of list(lock?.[part])) {
      const { name, version } = record(entry);
      if (typeof name === "string" && typeof version === "string" && isOfInterest(name)) {
        versions[name] = version.replace(/^v(?=\d)/, "");
      }
    }
  }
  const platform = record(record(manifest.config).platform).php;
  const php = typeof platform === "string" ? platform : required.php;
  return {
    file,
    root,
    name: typeof manifest.name === "string" ? manifest.name : undefined,
    asksForPhalcon: Object.keys(required).some((name) => /^(ext-phalcon$|phalcon\/)/i.test(name)),
    versions,
    constraints,
    php: typeof php === "string" ? withoutOperator(php) : undefined,
  };
}

function isOfInterest(name: string): boolean {
  return /^(ext-phalcon|phalcon\/.*|vlucas\/phpdotenv)$/i.test(name);
}

function readJson(tree: Tree, file: string): Json | undefined {
  const text = tree.read(file);
  if (text === undefined) return undefined;
  try {
    return record(JSON.parse(text));
  } catch {
    tree.report({ file, why: "is no valid JSON" });
    return undefined;
  }
}

function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The least version of a constraint: `">=8.1 <9"` is 8.1, `"^4 || ^5"` is 4. */
function withoutOperator(constraint: string): string | undefined {
  return /\d+(\.\d+)*/.exec(constraint)?.[0];
}
