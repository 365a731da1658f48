/**
 * Finds Symfony applications in a tree: what requires the framework and has a kernel of its own. Bundles and
 * libraries, and the little applications that test them, are none.
 * @module
 */
import { posix } from "node:path";
import type { Application } from "../application.ts";
import { type Composer, leastVersion, readComposer } from "../config/composer.ts";
import type { Tree } from "../tree.ts";

const FRAMEWORK = ["symfony/framework-bundle", "symfony/symfony"] as const;

/** What only an application has, below its root. */
const KERNELS = [
  "config/bundles.php",
  "src/Kernel.php",
  "app/AppKernel.php",
  "src/AppKernel.php",
  "app/Kernel.php",
  "bin/console",
  "app/console",
  "app/config/config.yml",
] as const;

/** Folders whose applications are there to test or to copy something. */
const NO_APPLICATION = /(^|\/)(tests?|fixtures?|stubs?|skeletons?|docs?|examples?-tests?)(\/|$)/i;

export function recogniseSymfony(tree: Tree): Application[] {
  const found: { root: string; composer: Composer }[] = [];
  for (const file of tree.files) {
    if (posix.basename(file) !== "composer.json") continue;
    const root = posix.dirname(file);
    if (root !== "." && NO_APPLICATION.test(root)) continue;
    const composer = readComposer(tree, root);
    if (composer !== undefined && isApplication(tree, root, composer))
      found.push({ root, composer });
  }
  const roots = found.map(({ root }) => root);
  return found.map(({ root, composer }) => ({
    root,
    framework: "symfony",
    versions: versionsOf(composer),
    php: composer.php,
    manifest: composer.file,
    files: tree.files.filter((file) => isBelow(file, root) && !isOthers(file, root, roots)),
  }));
}

function isApplication(tree: Tree, root: string, composer: Composer): boolean {
  const { requires, versions, isLocked, type, flex } = composer;
  const has = (path: string): boolean => tree.has(root === "." ? path : `${root}/${path}`);
  const hasFramework = FRAMEWORK.some(
    (name) => requires[name] !== undefined || (isLocked && versions[name] !== undefined),
  );
  // A product that is built on Symfony brings the framework along: Flex and its list of bundles say so.
  const isFlex = (flex !== undefined || requires["symfony/flex"]) && has("config/bundles.php");
  if ((!hasFramework && !isFlex) || type === "symfony-bundle") return false;
  return KERNELS.some(has);
}

/** With a version of the framework even if only Flex tells. */
function versionsOf({ versions, flex }: Composer): Readonly<Record<string, string>> {
  const least = flex === undefined ? undefined : leastVersion(flex);
  const isKnown = FRAMEWORK.some((name) => versions[name] !== undefined);
  return isKnown || least === undefined
    ? versions
    : { ...versions, "symfony/framework-bundle": least };
}

function isBelow(file: string, root: string): boolean {
  return root === "." || file.startsWith(`${root}/`);
}

/** Whether it belongs to an application further down. */
function isOthers(file: string, root: string, roots: readonly string[]): boolean {
  return roots.some((other) => other !== root && isBelow(other, root) && isBelow(file, other));
}
