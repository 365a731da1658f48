/**
 * One Symfony application with all that its collectors share: configuration, code, version, PHP's settings.
 * @module
 */
import type { Place } from "../../../evidence.ts";
import type { Application } from "../../application.ts";
import { compareVersions } from "../../config/composer.ts";
import { isPhpFile, type PhpCode, readPhp } from "../../php/php-code.ts";
import type { Tree } from "../../tree.ts";
import { loadConfig, type SymfonyConfig } from "../configuration/load-config.ts";
import { type Firewall, readFirewalls } from "./firewalls.ts";

export interface SymfonyApplication {
  readonly tree: Tree;
  readonly application: Application;
  readonly config: SymfonyConfig;
  /** The application's own code: neither tests nor migrations nor fixtures. */
  readonly code: PhpCode;
  /** The framework's: `"6.4.3"`; `"0"` if nothing tells. */
  readonly version: string;
  /** For origins: `"symfony/framework-bundle 6.4.3"`. */
  readonly library: string;
  readonly firewalls: readonly Firewall[];
  /** Where sessions are, or would be, configured. */
  readonly place: Place;
}

/** No code by hand is longer without a single function. */
const MAX_PLAIN_LENGTH = 50_000;
/** Code that no request of production reaches. */
const NO_CODE =
  /(^|\/)(tests?|spec|features|behat|data-?fixtures|fixtures|migrations|rector|stubs?)\//i;

export function openApplication(tree: Tree, application: Application): SymfonyApplication {
  const { versions, files, root } = application;
  const name =
    versions["symfony/framework-bundle"] === undefined
      ? "symfony/symfony"
      : "symfony/framework-bundle";
  const version = versions[name] ?? "0";
  const config = loadConfig(tree, application);
  const framework = config.extension("framework");
  const session =
    framework?.node.kind === "map" ? framework.node.entries.get("session") : undefined;
  const below = (file: string): string => (root === "." ? file : file.slice(root.length + 1));
  const own = files.filter(
    (file) => isPhpFile(file) && !NO_CODE.test(below(file)) && !isData(tree, file),
  );
  return {
    tree,
    application,
    config,
    // Parsed when it is first asked for: without sessions nobody asks.
    get code() {
      return readPhp(tree, own);
    },
    version,
    library: `${name} ${version}`,
    firewalls: readFirewalls(config),
    place: session?.place ?? framework?.place ?? { file: application.manifest, line: 1, column: 1 },
  };
}

/** Long arrays that a program wrote, with no code in them: they cost most of the time and say nothing. */
function isData(tree: Tree, file: string): boolean {
  const text = tree.read(file);
  return (
    text !== undefined &&
    text.length > MAX_PLAIN_LENGTH &&
    !/\b(function|fn|class|trait|interface|enum)\b/.test(text)
  );
}

/** Whether the framework is at least this old: `isSince(app, "7.0")`. */
export function isSince({ version }: SymfonyApplication, since: string): boolean {
  return compareVersions(version, since) >= 0;
}

/** Whether this package is installed. */
export function hasPackage({ application }: SymfonyApplication, name: string): boolean {
  return application.versions[name] !== undefined;
}
