/**
 * Recognises Phalcon applications: by Composer's files, or by the front controllers of those that have none.
 * The framework, its tools and libraries for it are no applications.
 * @module
 */
import type { Application } from "../application.ts";
import type { Tree } from "../tree.ts";
import { type Composer, composerOf } from "./configuration/composer.ts";
import { NOT_RUN } from "./configuration/not-run.ts";
import { versionByApi } from "./configuration/phalcon-version.ts";

/** Code that runs an application, in front controllers and bootstraps. */
const RUNS =
  /\bPhalcon\\+(Mvc\\+(Application|Micro|Kernel)|ADR\\+\w+|Cli\\+Console|D[iI]\\+FactoryDefault)\b/;

/** Folders that an application consists of, rather than lies in. */
const LAYERS: ReadonlySet<string> = new Set([
  "app",
  "application",
  "apps",
  "bin",
  "bootstrap",
  "cli",
  "common",
  "config",
  "configs",
  "core",
  "htdocs",
  "html",
  "lib",
  "library",
  "modules",
  "private",
  "providers",
  "public",
  "public_html",
  "src",
  "web",
  "webroot",
  "www",
]);

export function recognisePhalcon(tree: Tree): Application[] {
  if (isFramework(tree)) return [];
  const running = tree.files.filter(
    (file) => file.endsWith(".php") && !NOT_RUN.test(file) && RUNS.test(tree.read(file) ?? ""),
  );
  const composers = tree.files
    .filter((file) => /(^|\/)composer\.json$/.test(file) && !NOT_RUN.test(file))
    .flatMap((file) => composerOf(tree, file) ?? []);
  const roots = new Map<
    string,
    { readonly manifest: string; readonly composer: Composer | undefined }
  >();
  for (const composer of composers) {
    const runs = running.some((file) => isBelow(file, composer.root));
    // A front controller of its own may run what a bootstrap elsewhere makes.
    const hasFront = FRONT.some((front) => tree.has(inFolder(composer.root, front)));
    if (composer.asksForPhalcon && (runs || (hasFront && usesPhalcon(tree, composer.root)))) {
      roots.set(composer.root, { manifest: composer.file, composer });
    }
  }
  for (const file of running) {
    // Composer's project is one application, however many front controllers it has.
    if ([...roots.values()].some(({ composer }) => composer && isBelow(file, composer.root)))
      continue;
    const root = rootOf(tree, file);
    if (!roots.has(root)) roots.set(root, { manifest: file, composer: undefined });
  }
  // A module inside an application has a bootstrap of its own, but no front controller.
  for (const [root, { composer }] of [...roots]) {
    const isInner = [...roots.keys()].some((other) => other !== root && isBelow(`${root}/`, other));
    const hasFront = running.some(
      (file) => rootOf(tree, file) === root && file.endsWith("/index.php"),
    );
    if (composer === undefined && isInner && !hasFront) roots.delete(root);
  }
  return [...roots]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([root, { manifest, composer }]) => {
      const others = [...roots.keys()].filter(
        (other) => other !== root && isBelow(`${other}/`, root),
      );
      const files = tree.files.filter(
        (file) => isBelow(file, root) && !others.some((other) => isBelow(file, other)),
      );
      return {
        root,
        framework: "phalcon",
        versions: versionsOf(tree, files, composer),
        php: composer?.php,
        manifest,
        files,
      } satisfies Application;
    });
}

function versionsOf(
  tree: Tree,
  files: readonly string[],
  composer: Composer | undefined,
): Readonly<Record<string, string>> {
  const versions = composer?.versions ?? {};
  if (versions["ext-phalcon"] !== undefined || versions["phalcon/phalcon"] !== undefined)
    return versions;
  const byApi = versionByApi(tree, files);
  return byApi === undefined ? versions : { ...versions, phalcon: byApi };
}

export function isBelow(file: string, folder: string): boolean {
  return folder === "." || file.startsWith(`${folder}/`);
}

const FRONT = [
  "index.php",
  "public/index.php",
  "web/index.php",
  "www/index.php",
  "htdocs/index.php",
];

function inFolder(folder: string, file: string): string {
  return folder === "." || folder === "" ? file : `${folder}/${file}`;
}

function usesPhalcon(tree: Tree, root: string): boolean {
  return tree.files.some(
    (file) =>
      isBelow(file, root) &&
      file.endsWith(".php") &&
      !NOT_RUN.test(file) &&
      /\bPhalcon\\+\w/.test(tree.read(file) ?? ""),
  );
}

/** The nearest folder above with a front controller, else the one that the application's layers lie in. */
function rootOf(tree: Tree, file: string): string {
  const folders = file.split("/").slice(0, -1);
  for (let depth = folders.length; depth >= 0; depth--) {
    const isLayer = LAYERS.has((folders[depth - 1] ?? "").toLowerCase());
    const folder = folders.slice(0, depth).join("/");
    const hasFront = FRONT.some((front) => tree.has(inFolder(folder, front)));
    if (hasFront && !isLayer) return folder === "" ? "." : folder;
  }
  while (folders.length > 0 && LAYERS.has((folders.at(-1) ?? "").toLowerCase())) folders.pop();
  return folders.length === 0 ? "." : folders.join("/");
}

/** Phalcon's own sources, as Zephir or as PHP, and its tools. */
function isFramework(tree: Tree): boolean {
  if (tree.files.some((file) => /(^|\/)phalcon\/[^/]+\/.*\.zep$/i.test(file))) return true;
  const own = tree.has("composer.json") ? composerOf(tree, "composer.json") : undefined;
  return /^phalcon\/(cphalcon|phalcon|zephir|zephir-parser|.*devtools.*|incubator.*|ide-stubs|migrations|traits|talon|debugbar|volt|phql|framework.*)$/.test(
    own?.name ?? "",
  );
}
