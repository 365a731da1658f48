/**
 * The configuration that Symfony builds its container from in production: every file in its order, imports
 * followed, `when@prod` applied, all merged. Reads files and interprets no setting.
 * @module
 */
import { posix } from "node:path";
import type { Application } from "../../application.ts";
import {
  type ConfigEntry,
  type ConfigNode,
  entriesOf,
  itemsOf,
  mergeNodes,
  nodeAt,
} from "../../config/config-node.ts";
import { type EnvVariable, readProductionEnv } from "../../config/env-file.ts";
import { globMatcher } from "../../config/glob.ts";
import { readYaml } from "../../config/yaml-file.ts";
import type { Tree } from "../../tree.ts";
import { readPhpConfig } from "./php-config.ts";
import { readXmlConfig } from "./xml-config.ts";

export interface SymfonyConfig {
  /** One extension's configuration: `framework`, `security`; `undefined` if no file has it. */
  extension(name: string): ConfigEntry | undefined;
  readonly parameters: ReadonlyMap<string, ConfigEntry>;
  readonly services: ReadonlyMap<string, ConfigEntry>;
  readonly env: ReadonlyMap<string, EnvVariable>;
  /** Files that were read, in order. */
  readonly files: readonly string[];
  /** Imported files that are not there, as named: the deployment makes them. */
  readonly missing: readonly string[];
}

const SOURCE = /\.(ya?ml|xml|php)$/;
const MAX_FILES = 2_000;

export function loadConfig(tree: Tree, application: Application): SymfonyConfig {
  const loader = new Loader(tree, application);
  for (const file of entryFiles(application)) loader.load(file);
  // A kernel of its own kind keeps them elsewhere: what says by its first key that it is one is taken.
  if (!loader.document.has("framework")) {
    for (const file of strayFiles(tree, application)) loader.load(file);
  }
  const { document, files, missing } = loader;
  const extensions = new Map(document);
  const parameters = new Map(entriesOf(extensions.get("parameters")?.node));
  const services = new Map(entriesOf(extensions.get("services")?.node));
  const usesDotenv =
    application.versions["symfony/dotenv"] !== undefined ||
    application.versions["symfony/symfony"] !== undefined ||
    application.versions["symfony/runtime"] !== undefined;
  return {
    extension: (name) => extensions.get(name),
    parameters,
    services,
    env: usesDotenv ? readProductionEnv(tree, application.root) : new Map(),
    files: [...files],
    missing,
  };
}

/** Where the kernel starts to read. */
function entryFiles(application: Application): string[] {
  const { root, files } = application;
  const under = (path: string): string => (root === "." ? path : `${root}/${path}`);
  const entries: string[] = [];
  for (const folder of configFolders(application)) {
    entries.push(...filesIn(files, `${folder}/packages`, false));
    entries.push(...filesIn(files, `${folder}/packages/prod`, true));
    for (const name of ["services", "services_prod"]) {
      entries.push(...files.filter((file) => isNamed(file, folder, name)));
    }
  }
  // Before Symfony 4 one file imports the rest.
  for (const folder of [under("app/config"), under("config")]) {
    const legacy =
      files.find((file) => isNamed(file, folder, "config_prod")) ??
      files.find((file) => isNamed(file, folder, "config"));
    if (legacy !== undefined) entries.push(legacy);
  }
  return entries;
}

/** `config`, or wherever a kernel with several applications keeps its `packages`. */
function configFolders({ root, files }: Application): string[] {
  const usual = root === "." ? "config" : `${root}/config`;
  const folders = new Set<string>();
  for (const file of files) {
    const folder = /^(.*)\/packages\/(?:framework|security)\.(?:ya?ml|xml|php)$/.exec(file)?.[1];
    if (
      folder !== undefined &&
      !/(^|\/)(tests?|fixtures|skeleton|templates?)\//i.test(`${folder}/`)
    ) {
      folders.add(folder);
    }
  }
  if (folders.has(usual) || folders.size === 0) return [usual];
  return [...folders].sort((left, right) => left.length - right.length);
}

const STRAY = /(^|\/)(config|configuration|etc|resources)\/.*\.ya?ml$/i;
const NOT_PRODUCTION =
  /(^|[/_.-])(dev|test|tests|ci|e2e|behat|fixtures?|skeleton|templates?)([/_.-]|$)/i;

function strayFiles(tree: Tree, { files }: Application): string[] {
  return files.filter(
    (file) =>
      STRAY.test(file) &&
      !NOT_PRODUCTION.test(file) &&
      /^(framework|security|monolog):/m.test(tree.read(file) ?? ""),
  );
}

function isNamed(file: string, folder: string, name: string): boolean {
  return SOURCE.test(file) && file.replace(SOURCE, "") === `${folder}/${name}`;
}

function filesIn(files: readonly string[], folder: string, isDeep: boolean): string[] {
  return files.filter(
    (file) =>
      file.startsWith(`${folder}/`) &&
      SOURCE.test(file) &&
      (isDeep || !file.slice(folder.length + 1).includes("/")),
  );
}

class Loader {
  readonly document = new Map<string, ConfigEntry>();
  readonly files = new Set<string>();
  readonly missing: string[] = [];
  readonly #tree: Tree;
  readonly #application: Application;

  constructor(tree: Tree, application: Application) {
    this.#tree = tree;
    this.#application = application;
  }

  load(file: string): void {
    if (this.files.has(file) || this.files.size >= MAX_FILES) return;
    this.files.add(file);
    const node = this.#read(file);
    if (node !== undefined) this.#add(node, file);
  }

  #read(file: string): ConfigNode | undefined {
    if (file.endsWith(".php")) return readPhpConfig(this.#tree, file);
    return file.endsWith(".xml") ? readXmlConfig(this.#tree, file) : readYaml(this.#tree, file);
  }

  #add(node: ConfigNode, file: string): void {
    for (const item of itemsOf(nodeAt(node, "imports"))) {
      const resource = item.kind === "map" ? nodeAt(item, "resource") : item;
      if (resource?.kind === "scalar" && typeof resource.value === "string") {
        this.#import(resource.value, file);
      }
    }
    for (const [key, entry] of entriesOf(node)) {
      if (key === "imports" || key.startsWith("when@")) continue;
      const before = this.document.get(key);
      this.document.set(
        key,
        before === undefined
          ? entry
          : { place: before.place, node: mergeNodes(before.node, entry.node) },
      );
    }
    const production = nodeAt(node, "when@prod");
    if (production !== undefined) this.#add(production, file);
  }

  #import(resource: string, from: string): void {
    // `@AcmeBundle/…` lies in a bundle: where, its class decides. Of others' bundles nothing is here.
    if (resource.startsWith("@")) return;
    const { root, files } = this.#application;
    const project = root === "." ? "" : `${root}/`;
    const named = resource
      .replace(/^%kernel\.project_dir%\//, `/${project}`)
      .replace(/^%kernel\.root_dir%\//, `/${project}app/`)
      .replaceAll("%kernel.environment%", "prod");
    const path = posix.normalize(
      named.startsWith("/") ? named.slice(1) : posix.join(posix.dirname(from), named),
    );
    if (path.startsWith("..")) return;
    const matches = globMatcher(path);
    const found = files.filter(
      (file) =>
        SOURCE.test(file) && (file === path || matches(file) || file.startsWith(`${path}/`)),
    );
    if (found.length === 0) this.missing.push(path);
    for (const file of found) this.load(file);
  }
}
