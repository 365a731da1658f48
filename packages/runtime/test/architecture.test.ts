/**
 * Which file may import which, as a table. The arrows point one way: adapters → sessions → engine →
 * contracts, crypto and cookie. A store knows its contract and nothing else of ours.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import ts from "typescript6";
import { describe, expect, it } from "vitest";

interface Layer {
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

const CORE = [
  "errors.ts",
  "events.ts",
  "companions.ts",
  "options.ts",
  "stores/store.ts",
  "crypto/",
  "cookie/",
];

const layers: readonly Layer[] = [
  { files: "errors.ts", ours: [], node: [], among: "parts" },
  { files: "events.ts", ours: ["errors.ts"], node: [], among: "parts" },
  { files: "stores/store.ts", ours: [], node: [], among: "parts" },
  { files: "companions.ts", ours: ["stores/store.ts"], node: [], among: "parts" },
  {
    files: "stores/store-bytes.ts",
    ours: ["stores/store.ts", "errors.ts"],
    node: [],
    among: "parts",
  },
  { files: "stores/store-watch.ts", ours: ["stores/store.ts"], node: [], among: "parts" },
  {
    // No well-kept client speaks the meta protocol with compare-and-swap and TLS: this is our own.
    files: "stores/memcached-socket.ts",
    ours: ["errors.ts"],
    node: ["node:net", "node:tls"],
    among: "parts",
  },
  {
    files: "stores/",
    ours: ["stores/store.ts", "stores/store-bytes.ts", "stores/store-watch.ts", "errors.ts"],
    node: ["node:crypto"],
    among: "parts",
  },
  {
    // The one file of the core that touches a disk.
    files: "crypto/key-file-disk.ts",
    ours: ["errors.ts", "crypto/"],
    node: ["node:crypto", "node:fs", "node:path"],
    among: "parts",
  },
  {
    files: "crypto/",
    ours: ["errors.ts"],
    node: ["node:crypto", "node:util"],
    among: "folder",
  },
  { files: "cookie/", ours: ["errors.ts"], node: [], among: "folder" },
  {
    files: "options.ts",
    ours: ["errors.ts", "events.ts", "companions.ts", "stores/store.ts", "crypto/", "cookie/"],
    node: [],
    among: "parts",
  },
  { files: "engine/", ours: CORE, node: ["node:crypto", "node:timers/promises"], among: "folder" },
  { files: "sessions.ts", ours: [...CORE, "engine/"], node: [], among: "parts" },
  {
    // Around the engine, each attached to it by what `companions.ts` says.
    files: "remember-me/",
    ours: [...CORE, "engine/"],
    node: [],
    among: "folder",
  },
  { files: "csrf/", ours: [...CORE, "engine/"], node: ["node:crypto"], among: "folder" },
  {
    files: "throttle/",
    ours: ["errors.ts", "events.ts", "engine/", "crypto/", "cookie/"],
    node: ["node:crypto"],
    among: "folder",
  },
  {
    files: "keys/",
    ours: ["errors.ts", "crypto/"],
    node: ["node:crypto", "node:events", "node:util"],
    among: "folder",
  },
  {
    files: "credentials/",
    ours: ["errors.ts", "engine/subject.ts", "sessions.ts"],
    node: [],
    among: "folder",
  },
  { files: "index.ts", ours: [...CORE, "engine/", "sessions.ts"], node: [], among: "parts" },
  { files: "adapters/adapter.ts", ours: ["sessions.ts", "errors.ts"], node: [], among: "parts" },
  {
    // Shared by the adapters over Node's own objects.
    files: "adapters/adapter-node.ts",
    ours: ["sessions.ts", "errors.ts", "adapters/adapter.ts"],
    node: ["node:http"],
    among: "parts",
  },
  {
    files: "adapters/adapter-node-response.ts",
    ours: ["adapters/adapter.ts"],
    node: ["node:http"],
    among: "parts",
  },
  {
    files: "adapters/",
    ours: [
      "sessions.ts",
      "errors.ts",
      "adapters/adapter.ts",
      "adapters/adapter-node.ts",
      "adapters/adapter-node-response.ts",
    ],
    node: ["node:http", "node:stream"],
    among: "parts",
  },
  {
    files: "testing/",
    ours: ["stores/store.ts", "adapters/adapter.ts", "errors.ts", "events.ts"],
    node: ["node:assert/strict"],
    among: "folder",
  },
  {
    files: "cli/",
    ours: [
      ...CORE,
      "sessions.ts",
      "stores/postgres-schema.ts",
      "stores/mysql-schema.ts",
      "stores/migrating.ts",
      "keys/",
    ],
    node: ["node:"],
    among: "folder",
  },
];

const LONGEST_FILE_LINES = 320;

/** Files that may be longer, each with its reason. */
const longFiles: Readonly<Record<string, string>> = {
  "options.ts": "a table in prose: each option with its unit, range, default and fault",
};

const runtime = join(import.meta.dirname, "..");
const src = join(runtime, "src");

interface SourceFile {
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

const files: readonly SourceFile[] = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /(?<!\.(test|test-d|bench))\.ts$/.test(entry.name))
  .map((entry) => {
    const path = relative(src, join(entry.parentPath, entry.name)).split(sep).join("/");
    const text = readFileSync(join(src, path), "utf8");
    return { path, text, ...importsOf(path, text) };
  })
  .sort((a, b) => (a.path < b.path ? -1 : 1));

function covers(pattern: string, path: string): boolean {
  return pattern.endsWith("/") ? path.startsWith(pattern) : path === pattern;
}

function layerOf(path: string): Layer | undefined {
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
function cycleFrom(path: string, trail: readonly string[], done: Set<string>): readonly string[] {
  const at = trail.indexOf(path);
  if (at >= 0) return [...trail.slice(at), path];
  if (done.has(path)) return [];
  for (const target of files.find((file) => file.path === path)?.loaded ?? []) {
    const cycle = cycleFrom(target, [...trail, path], done);
    if (cycle.length > 0) return cycle;
  }
  done.add(path);
  return [];
}

const paths: readonly string[] = files.map(({ path }) => path);

describe("the source of the runtime", () => {
  it("is read at all", () => {
    expect(paths).toContain("stores/store.ts");
    expect(files.find(({ path }) => path === "options.ts")?.ours).toContain("errors.ts");
  });

  it("has a row in the table of layers for every file", () => {
    expect(paths.filter((path) => layerOf(path) === undefined)).toEqual([]);
  });

  it("has a file for every row of the table", () => {
    const rows = layers.map((layer) => layer.files);
    expect(rows.filter((row) => !paths.some((path) => covers(row, path)))).toEqual([]);
  });

  it("imports of ours only what the table allows", () => {
    const broken = files.flatMap(({ path, ours }) => {
      const layer = layerOf(path);
      const refused = ours.filter((target) => layer && !mayImport(layer, path, target));
      return refused.map((target) => `${path} → ${target}`);
    });
    expect(broken).toEqual([]);
  });

  it("imports of Node only what the table allows, and nothing else", () => {
    const broken = files.flatMap(({ path, others }) => {
      const allowed = layerOf(path)?.node ?? [];
      const refused = others.filter((name) => !allowed.some((module) => isModule(module, name)));
      return refused.map((name) => `${path} → ${name}`);
    });
    expect(broken).toEqual([]);
  });

  it("has no import cycles", () => {
    const done = new Set<string>();
    const cycles = paths.map((path) => cycleFrom(path, [], done));
    expect(cycles.find((cycle) => cycle.length > 0) ?? []).toEqual([]);
  });

  it("has nothing that imports the command", () => {
    const outside = files.filter(({ path }) => !path.startsWith("cli/"));
    const importers = outside.filter(({ ours }) => ours.some((name) => name.startsWith("cli/")));
    expect(importers.map(({ path }) => path)).toEqual([]);
  });

  it("reads no environment variable outside the command", () => {
    // A value of the environment is a string that the caller passes.
    const reads = /process\s*(\.\s*env|\[)|import\.meta\.env|\benv\b.*from "node:process"/;
    const readers = files.filter(({ path, text }) => !path.startsWith("cli/") && reads.test(text));
    expect(readers.map(({ path }) => path)).toEqual([]);
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

  it("exports each store and each adapter", () => {
    const manifest = JSON.parse(readFileSync(join(runtime, "package.json"), "utf8")) as {
      exports: Readonly<Record<string, unknown>>;
    };
    const inFolders = paths.filter((path) => /^(stores|adapters)\//.test(path));
    const isPart = (path: string) =>
      inFolders.some((entry) => path.startsWith(entry.replace(/\.ts$/, "-")));
    const subpaths = inFolders
      .filter((path) => !isPart(path))
      .map((path) => `./${path.slice(0, -3)}`);
    expect(subpaths).toContain("./stores/store");
    expect(subpaths.filter((subpath) => !Object.hasOwn(manifest.exports, subpath))).toEqual([]);
  });
});
