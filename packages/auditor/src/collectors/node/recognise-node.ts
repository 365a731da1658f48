/**
 * Which Node applications a tree holds: packages with a web framework or a session library whose own code
 * starts a server or sessions.
 * @module
 */
import { posix } from "node:path";
import type { Application } from "../application.ts";
import { isScript } from "../script/script-file.ts";
import type { Tree } from "../tree.ts";
import { installedFor } from "./packages/lock-files.ts";
import { SESSION_LIBRARIES, WEB_FRAMEWORKS } from "./packages/packages.ts";
import { wantedVersion } from "./packages/version.ts";

interface Manifest {
  readonly file: string;
  readonly root: string;
  /** Name to wanted version. */
  readonly dependencies: ReadonlyMap<string, string>;
}

/** Packages that are there for tests, as templates or to be copied, not to be deployed. */
const NOT_DEPLOYED =
  /(?:^|\/)(?:tests?|__tests__|fixtures?|e2e|examples?|templates?|docs?|node_modules|benchmarks?)\//;

/** Code that makes a package a server, whichever framework: it listens, or a framework calls it. */
const SERVES =
  /\.listen\s*\(|NestFactory\.create|\bserve\s*\(|createServer\s*\(|export\s+default\s+(?:app|handle|router)\b|new\s+(?:Hono|Koa|Elysia)\b|\bexpress\s*\(\s*\)|\b[fF]astify\s*\(/;

/** Packages whose presence decides something and that are installed through others. */
const THROUGH_OTHERS = [
  "passport",
  "express-session",
  "cookie-session",
  "express",
  "koa",
  "fastify",
];

export function recogniseNode(tree: Tree): Application[] {
  const manifests = tree.files
    .filter((file) => posix.basename(file) === "package.json" && !NOT_DEPLOYED.test(file))
    .flatMap((file) => readManifest(tree, file) ?? [])
    .sort((left, right) => (left.root < right.root ? -1 : 1));
  const candidates = manifests.filter(({ dependencies }) =>
    [...dependencies.keys()].some(
      (name) => WEB_FRAMEWORKS.has(name) || SESSION_LIBRARIES.has(name),
    ),
  );
  const owned = new Map(candidates.map((one) => [one, filesOf(tree, one, candidates)]));
  const serving = candidates.filter((one) => isServing(tree, one, owned.get(one) ?? []));
  return serving.map((one) => ({
    root: one.root,
    framework: "node" as const,
    versions: versionsOf(tree, one),
    php: undefined,
    manifest: one.file,
    // Files of a package that turned out to be no application belong to the one around it.
    files: filesOf(tree, one, serving),
  }));
}

function readManifest(tree: Tree, file: string): Manifest | undefined {
  const text = tree.read(file);
  if (text === undefined) return undefined;
  let manifest: Record<string, unknown> | null;
  try {
    manifest = JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    tree.report({ file, why: "is not JSON" });
    return undefined;
  }
  const dependencies = new Map<string, string>();
  for (const field of [
    "devDependencies",
    "peerDependencies",
    "optionalDependencies",
    "dependencies",
  ]) {
    const list = manifest?.[field];
    if (typeof list !== "object" || list === null) continue;
    for (const [name, range] of Object.entries(list)) dependencies.set(name, String(range));
  }
  return { file, root: rootOf(tree, file), dependencies };
}

/**
 * A manifest's own folder, or the one above where the manifest alone was put aside: `install/package.json` of
 * an application whose code lies beside that folder.
 */
function rootOf(tree: Tree, file: string): string {
  const folder = posix.dirname(file);
  const above = posix.dirname(folder);
  const isAside = /(?:^|\/)(?:install|setup|deploy|build|docker|config)$/.test(folder);
  const hasOwn = tree.has(posix.normalize(posix.join(above, "package.json")));
  return isAside && !hasOwn ? above : folder;
}

function filesOf(tree: Tree, one: Manifest, others: readonly Manifest[]): string[] {
  const inner = others
    .filter(({ root }) => root !== one.root && isBelow(root, one.root))
    .map(({ root }) => `${root}/`);
  const prefix = one.root === "." ? "" : `${one.root}/`;
  return tree.files.filter(
    (file) => file.startsWith(prefix) && !inner.some((folder) => file.startsWith(folder)),
  );
}

function isBelow(folder: string, above: string): boolean {
  return above === "." || folder.startsWith(`${above}/`);
}

/** Frameworks that find their pages by their place, and start the server themselves. */
const PAGE_FRAMEWORKS = /^(?:next|nuxt|astro|@sveltejs\/kit|@remix-run\/node)$/;

/** Whether the package's own code uses what its manifest names: workspaces often name it at the root alone. */
function isServing(tree: Tree, one: Manifest, files: readonly string[]): boolean {
  const names = [...one.dependencies.keys()].filter(
    (name) => WEB_FRAMEWORKS.has(name) || SESSION_LIBRARIES.has(name),
  );
  const prefix = one.root === "." ? "" : `${one.root}/`;
  const hasPages = names.some((name) => PAGE_FRAMEWORKS.test(name));
  if (hasPages && files.some((file) => isPage(file.slice(prefix.length)))) return true;
  for (const file of files) {
    if (!isScript(file) || NOT_DEPLOYED.test(file.slice(prefix.length))) continue;
    const text = tree.read(file);
    if (text === undefined) continue;
    const used = names.filter((name) => text.includes(`"${name}"`) || text.includes(`'${name}'`));
    if (used.some((name) => SESSION_LIBRARIES.has(name))) return true;
    if (used.length > 0 && SERVES.test(text)) return true;
    if (/NestFactory\.create/.test(text)) return true;
  }
  return false;
}

/** Files that frameworks find by their place. */
function isPage(file: string): boolean {
  return /(?:^|\/)(?:pages|app|routes|server)\/.*\.(?:[cm]?[jt]sx?|vue|svelte|astro)$/.test(file);
}

function versionsOf(tree: Tree, one: Manifest): Record<string, string> {
  const installed = installedFor(tree, one.root);
  const versions: Record<string, string> = {};
  for (const name of [...one.dependencies.keys(), ...THROUGH_OTHERS].sort()) {
    const range = one.dependencies.get(name);
    const version =
      installed.version(name) ?? (range === undefined ? undefined : wantedVersion(range));
    if (version !== undefined) versions[name] = version;
  }
  return versions;
}
