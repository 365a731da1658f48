/**
 * Which file may import which, as a table. The arrows point one way: adapters → sessions → engine →
 * contracts, crypto and cookie. A store knows its contract and nothing else of ours.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Layer, readSources, testArchitecture } from "../../../test-support/architecture.ts";

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

/** Files that may be longer, each with its reason. */
const longFiles: Readonly<Record<string, string>> = {
  "options.ts": "a table in prose: each option with its unit, range, default and fault",
};

const runtime = join(import.meta.dirname, "..");
const files = readSources(join(runtime, "src"));
const paths: readonly string[] = files.map(({ path }) => path);

describe("the source of the runtime", () => {
  testArchitecture(files, layers, longFiles);

  it("is read at all", () => {
    expect(paths).toContain("stores/store.ts");
    expect(files.find(({ path }) => path === "options.ts")?.ours).toContain("errors.ts");
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
