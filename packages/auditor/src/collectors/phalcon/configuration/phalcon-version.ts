/**
 * Which Phalcon an application runs on, and what that means for its sessions.
 * @module
 */
import type { Application } from "../../application.ts";
import type { Tree } from "../../tree.ts";
import { composerOf } from "./composer.ts";

export interface PhalconVersion {
  /** As far as it is known: `"5.14.2"`, `"5"`. */
  readonly text: string | undefined;
  readonly major: number | undefined;
  /** An exact version, or the least of one minor version, rather than the least of all that follow. */
  readonly isExact: boolean;
}

/** Classes that exist from a version on, or up to one; newest first. */
const SIGNS: readonly (readonly [major: string, pattern: RegExp])[] = [
  [
    "5",
    /Phalcon\\+(Encryption|Autoload|Support|Storage\\+Serializer\\+\w+|Html\\+Escaper|DataMapper)\b/,
  ],
  [
    "4",
    /Phalcon\\+(Session\\+Manager|Session\\+Adapter\\+(Stream|Noop)|Di\\+DiInterface|Url\b(?!\\)|Storage)\b/,
  ],
  ["3", /Phalcon\\+(Session\\+Adapter\\+Files|DI\b|Loader\b|DiInterface\b|Mvc\\+Url\b)/],
];

/** @returns The major version that the application's code is written for. */
export function versionByApi(tree: Tree, files: readonly string[]): string | undefined {
  const texts = files.filter((file) => file.endsWith(".php")).map((file) => tree.read(file) ?? "");
  return SIGNS.find(([, pattern]) => texts.some((text) => pattern.test(text)))?.[0];
}

export function phalconVersion(tree: Tree, application: Application): PhalconVersion {
  const { versions } = application;
  const installed = versions["phalcon/phalcon"];
  const text = versions["ext-phalcon"] ?? installed ?? versions.phalcon;
  const major = text === undefined ? undefined : Number.parseInt(text, 10);
  // `>=3.0` says little: what the code uses says more.
  const byApi = versionByApi(tree, application.files);
  const used = byApi === undefined ? undefined : Number.parseInt(byApi, 10);
  if (
    used !== undefined &&
    (major === undefined || Number.isNaN(major) || (used > major && used > 3))
  ) {
    return { text: byApi, major: used, isExact: false };
  }
  const isExact =
    versions["ext-phalcon"] === undefined
      ? /^\d+\.\d+\.\d+/.test(installed ?? "")
      : isPinned(tree, application);
  return { text, major: major !== undefined && Number.isNaN(major) ? undefined : major, isExact };
}

/** `validateId` came with 5.14.2. */
const CHECKS_IDS = { minor: "14", patch: 2 } as const;

/** The manifest allows one version of the extension, or one minor version and what mends it. */
function isPinned(tree: Tree, { manifest }: Application): boolean {
  if (!manifest.endsWith("composer.json")) return false;
  const constraint = composerOf(tree, manifest)?.constraints["ext-phalcon"]?.trim() ?? "";
  if (/^=?v?\d+\.\d+\.\d+$/.test(constraint)) return true;
  const minor = /^(?:~v?\d+\.(\d+)\.\d+|v?\d+\.(\d+)\.\*)$/.exec(constraint);
  // In the minor version that brought the check, what mends it decides.
  return minor !== null && (minor[1] ?? minor[2]) !== CHECKS_IDS.minor;
}

/** Whether the framework's own adapters refuse ids that they did not issue, if strict mode is on. */
export function adaptersCheckIds(version: PhalconVersion): boolean | undefined {
  const { text, major } = version;
  if (major === undefined || text === undefined) return undefined;
  if (major >= 6) return true;
  if (major < 5) return false;
  const [, minor, patch] = text.split(".").map(Number);
  if (minor === undefined) return undefined;
  // A least version before that allows later ones.
  const since = Number(CHECKS_IDS.minor);
  const hasIt = minor > since || (minor === since && (patch ?? 0) >= CHECKS_IDS.patch);
  return hasIt ? true : version.isExact ? false : undefined;
}
