/**
 * Reads a package's sources and tests their imports against a table of layers.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import ts from "typescript6";
import { expect, it } from "vitest";

export interface Layer {
  /** Files that the row is about: a file, or a folder ending in `/`, under `src`. First match wins. */
  readonly files: string;
  /** Files and folders that these may import, beside their own folder or, in `parts`, their own parts. */
  readonly ours: readonly string[];
  /** Node's own modules that these may import. */
  readonly node: readonly string[];
  /**
   * `folder`: files of the folder import each other. `parts`: each file stands alone, but for parts of
   * its own: `sqlite.ts` may import `sqlite-schema.ts`.
   */
  readonly among: "folder" | "parts";
}

const LONGEST_FILE_LINES = 320;

export interface SourceFile {
  /** Relative to `src`, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Files of ours, relative to `src`. */
  readonly ours: readonly string[];
  /** Those of ours that are there at run time; an `import type` is erased. */
  readonly loaded: readonly string[];
  /** Every other module named. */
  readonly others: readonly string[];
}

const typeOnly = /^(?:import|export) type\b[^;]*? from "[^"]+";/gm;

function namesIn(text: string): readonly string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

function importsOf(path: string, text: string): Pick<SourceFile, "ours" | "loaded" | "others"> {
  const isOurs = (name: string) => name.startsWith(".");
  const resolve = (name: string) =>
    normalize(join(dirname(path), name))
      .split(sep)
      .join("/");
  const names = namesIn(text);
  return {
    ours: names.filter(isOurs).map(resolve),
    loaded: namesIn(text.replace(typeOnly, "")).filter(isOurs).map(resolve),
    others: names.filter((name) => !isOurs(name)),
  };
}

/** @param src Folder of the sources; tests beside them are left out. */
export function readSources(src: string): readonly SourceFile[] {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.(test|test-d|bench))\.ts$/.test(entry.name))
    .map((entry) => {
      const path = relative(src, join(entry.parentPath, entry.name)).split(sep).join("/");
      const text = readFileSync(join(src, path), "utf8");
      return { path, text, ...importsOf(path, text) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function covers(pattern: string, path: string): boolean {
  return pattern.endsWith("/") ? path.startsWith(pattern) : path === pattern;
}

function layerOf(layers: readonly Layer[], path: string): Layer | undefined {
  return layers.find((layer) => covers(layer.files, path));
}

/** Whether `part` is `sqlite-schema.ts` beside `sqlite.ts`, or both are parts of one entry. */
function isPartOf(path: string, part: string): boolean {
  const stem = (name: string) => name.replace(/(-[^/]*)?\.ts$/, "");
  return dirname(path) === dirname(part) && stem(path) === stem(part);
}

/** A row that says `node:` allows every module of Node. */
function isModule(allowed: string, name: string): boolean {
  return name === allowed || (allowed === "node:" && name.startsWith(allowed));
}

function mayImport(layer: Layer, path: string, target: string): boolean {
  if (layer.ours.some((pattern) => covers(pattern, target))) return true;
  return layer.among === "folder" ? covers(layer.files, target) : isPartOf(path, target);
}

/** The first cycle of loading found from `path`, as the files on it. */
function cycleFrom(
  files: readonly SourceFile[],
  path: string,
  trail: readonly string[],
  done: Set<string>,
): readonly string[] {
  const at = trail.indexOf(path);
  if (at >= 0) return [...trail.slice(at), path];
  if (done.has(path)) return [];
  for (const target of files.find((file) => file.path === path)?.loaded ?? []) {
    const cycle = cycleFrom(files, target, [...trail, path], done);
    if (cycle.length > 0) return cycle;
  }
  done.add(path);
  return [];
}

/** Registers the tests that every package has, inside the caller's `describe`. */
export function testArchitecture(
  files: readonly SourceFile[],
  layers: readonly Layer[],
  /** Files that may be longer than {@link LONGEST_FILE_LINES}, each with its reason. */
  longFiles: Readonly<Record<string, string>>,
): void {
  const paths = files.map(({ path }) => path);

  it("has a row in the table of layers for every file", () => {
    expect(paths.filter((path) => layerOf(layers, path) === undefined)).toEqual([]);
  });
  it("has a file for every row of the table", () => {
    const rows = layers.map((layer) => layer.files);
    expect(rows.filter((row) => !paths.some((path) => covers(row, path)))).toEqual([]);
  });
  it("imports of ours only what the table allows", () => {
    const broken = files.flatMap(({ path, ours }) => {
      const layer = layerOf(layers, path);
      const refused = ours.filter((target) => layer && !mayImport(layer, path, target));
      return refused.map((target) => `${path} → ${target}`);
    });
    expect(broken).toEqual([]);
  });
  it("imports of Node only what the table allows, and nothing else", () => {
    const broken = files.flatMap(({ path, others }) => {
      const allowed = layerOf(layers, path)?.node ?? [];
      const refused = others.filter((name) => !allowed.some((module) => isModule(module, name)));
      return refused.map((name) => `${path} → ${name}`);
    });
    expect(broken).toEqual([]);
  });
  it("has no import cycles", () => {
    const done = new Set<string>();
    const cycles = paths.map((path) => cycleFrom(files, path, [], done));
    expect(cycles.find((cycle) => cycle.length > 0) ?? []).toEqual([]);
  });
  it("has files short enough to read, or says why not", () => {
    const lines = ({ text }: SourceFile) => text.trimEnd().split("\n").length;
    const long = files.filter((file) => lines(file) > LONGEST_FILE_LINES).map(({ path }) => path);
    expect(long).toEqual(Object.keys(longFiles).sort());
  });
  it("has no drawer for odds and ends", () => {
    const drawer = /(^|\/)(utils?|helpers?|common|misc|shared)(\/|\.ts$)/;
    expect(paths.filter((path) => drawer.test(path))).toEqual([]);
  });
}
