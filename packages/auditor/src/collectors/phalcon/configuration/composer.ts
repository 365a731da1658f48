/**
 * What Composer's files say of a Phalcon application: versions, and whether it asks for Phalcon at all.
 * @module
 */
import { readComposer } from "../../config/composer.ts";
import type { Tree } from "../../tree.ts";

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

/** @returns `undefined` if it is no JSON, which the tree then reports. */
export function composerOf(tree: Tree, file: string): Composer | undefined {
  const root = file.includes("/") ? file.replace(/\/[^/]*$/, "") : ".";
  const composer = readComposer(tree, root);
  if (composer === undefined) return undefined;
  // Tools and stubs of the framework, installed for development, tell its version too.
  const constraints = { ...composer.requiresDev, ...composer.requires };
  return {
    file,
    root,
    name: composer.name,
    asksForPhalcon: Object.keys(constraints).some((name) =>
      /^(ext-phalcon$|phalcon\/)/i.test(name),
    ),
    versions: ofInterest({ ...composer.versionsDev, ...composer.versions }),
    constraints: ofInterest(constraints),
    php: composer.php,
  };
}

function ofInterest(packages: Readonly<Record<string, string>>): Record<string, string> {
  const names = /^(ext-phalcon|phalcon\/.*|vlucas\/phpdotenv)$/i;
  return Object.fromEntries(Object.entries(packages).filter(([name]) => names.test(name)));
}
