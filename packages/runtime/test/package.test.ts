/**
 * The package as a user gets it: packed, installed into an empty project, loaded and type-checked.
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Manifest {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** What a service pays to load the core, minified and gzipped; and with a key file's reader beside it. */
const LARGEST = { createSessions: 20_000, "createSessions, createKeyring": 23_000 } as const;

const TIMEOUT_MILLISECONDS = 60_000;
const runtime = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(runtime, "package.json"), "utf8")) as Manifest;
const subpaths = Object.keys(manifest.exports);
const specifiers = subpaths.map((subpath) => manifest.name + subpath.slice(1));

let folder = "";
let project = "";
let installed = "";

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  const reason = error?.message ?? `exit code ${status}`;
  throw new Error(`${[command, ...args].join(" ")}: ${reason}\n${stdout ?? ""}${stderr ?? ""}`);
}

function typeCheck(compiler: string, module: string, moduleResolution: string): string {
  const types = dirname(
    dirname(createRequire(import.meta.url).resolve("@types/node/package.json")),
  );
  const config = {
    compilerOptions: {
      target: "ES2022",
      lib: ["ES2023"],
      module,
      moduleResolution,
      strict: true,
      noEmit: true,
      // The declarations themselves are under test.
      skipLibCheck: false,
      typeRoots: [types],
      types: ["node"],
    },
    files: ["all.ts"],
  };
  const file = join(project, `tsconfig.${compiler}.${moduleResolution}.json`);
  writeFileSync(file, JSON.stringify(config));
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve(`${compiler}/package.json`)), "bin", "tsc");
  return run(process.execPath, [tsc, "-p", file, "--pretty", "false"], project);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-package-"));
  project = join(folder, "project");
  run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], runtime);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack left no tarball");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module" }));
  // A package without dependencies needs no network.
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(folder, tarball)], project);
  installed = join(project, "node_modules", manifest.name);
  const names = specifiers.map((specifier, n) => `import * as m${n} from "${specifier}";`);
  const uses = specifiers.map((_, n) => `m${n}`);
  writeFileSync(join(project, "all.ts"), `${names.join("\n")}\nexport const all = [${uses}];\n`);
}, TIMEOUT_MILLISECONDS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packed package", () => {
  it("brings no other package along", () => {
    const { dependencies, peerDependencies, optionalDependencies } = manifest;
    expect({ ...dependencies, ...peerDependencies, ...optionalDependencies }).toEqual({});
    const folders = readdirSync(join(project, "node_modules"));
    expect(folders.filter((name) => !name.startsWith("."))).toEqual([manifest.name]);
  });

  it("holds the built files, the licence and the readme, and nothing of the workshop", () => {
    const names = readdirSync(installed, { recursive: true, encoding: "utf8" });
    expect(names).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
    expect(names.filter((name) => /(\.test|\.test-d|tsbuildinfo|^src|^test)/.test(name))).toEqual(
      [],
    );
    expect(readFileSync(join(installed, "LICENSE"), "utf8")).toContain("MIT License");
  });

  for (const specifier of specifiers) {
    it(`loads ${specifier} by itself, by import and by require`, () => {
      // A process each: what one subpath loads must not help another.
      const load = (code: string) =>
        run(process.execPath, ["--input-type=module", "-e", code], project);
      expect(load(`await import("${specifier}"); console.log("loaded")`)).toBe("loaded\n");
      const require = `(await import("node:module")).createRequire(process.cwd() + "/x.js")`;
      expect(load(`${require}("${specifier}"); console.log("loaded")`)).toBe("loaded\n");
    });
  }

  for (const compiler of ["typescript", "typescript6"]) {
    for (const [module, resolution] of [
      ["NodeNext", "NodeNext"],
      ["ESNext", "bundler"],
    ] as const) {
      it(
        `has types that ${compiler} resolves with ${resolution}`,
        () => expect(typeCheck(compiler, module, resolution)).toBe(""),
        TIMEOUT_MILLISECONDS,
      );
    }
  }

  it("has declarations for every subpath, found before the code", () => {
    for (const [subpath, conditions] of Object.entries(manifest.exports)) {
      expect(Object.keys(conditions), subpath).toEqual(["types", "default"]);
    }
  });

  for (const command of Object.keys(manifest.bin)) {
    it(`runs ${command} as an installed command`, () => {
      const file = join(project, "node_modules", ".bin", command);
      expect(run(file, ["--help"], project)).toContain(command);
    });
  }

  for (const [names, largest] of Object.entries(LARGEST)) {
    it(`keeps ${names} small`, async () => {
      const result = await build({
        stdin: {
          contents: `export { ${names} } from "${manifest.name}";`,
          resolveDir: project,
        },
        bundle: true,
        minify: true,
        write: false,
        format: "esm",
        platform: "node",
        logLevel: "silent",
      });
      const bytes = gzipSync(result.outputFiles[0]?.contents ?? "", { level: 9 }).byteLength;
      expect(bytes, `${bytes} bytes, minified and gzipped`).toBeLessThan(largest);
    });
  }
});
