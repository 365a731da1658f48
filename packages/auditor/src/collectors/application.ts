/**
 * What a collector is given, and what it gives back.
 * @module
 */
import type { Evidence } from "../evidence.ts";
import type { Tree } from "./tree.ts";

/** An application as it was recognised by its manifests and lock files. */
export interface Application {
  /** Folder from the root of the tree; `"."` for the root itself. */
  readonly root: string;
  readonly framework: Evidence["framework"];
  /** Installed versions by package, from the lock file, else what the manifest asks for without its operator. */
  readonly versions: Readonly<Record<string, string>>;
  /** PHP's version: the lock file's platform, else the least that the manifest allows; `undefined` for Node. */
  readonly php: string | undefined;
  /** `composer.json`, `package.json`, or the file that gave the framework away. */
  readonly manifest: string;
  /** The application's own files: below its root, and below no other application's. In order of names. */
  readonly files: readonly string[];
}

/** Gathers evidence of one application; never throws for what a file says. */
export type Collector = (tree: Tree, application: Application) => Evidence;
