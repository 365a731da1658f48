/**
 * Which file of the auditor may import which. Collectors gather and judge nothing, controls judge and gather
 * nothing, reports know neither; nothing knows the runtime, which is audited like any other library.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Layer, readSources, testArchitecture } from "../../../test-support/architecture.ts";
import { catalogue } from "../src/controls/catalogue.ts";
import { controls } from "../src/controls/index.ts";

const CONTRACT = ["evidence.ts"];
const COLLECTED = [...CONTRACT, "collectors/application.ts", "collectors/tree.ts"];

const layers: readonly Layer[] = [
  { files: "evidence.ts", ours: [], node: [], among: "parts" },
  { files: "errors.ts", ours: [], node: [], among: "parts" },
  {
    // The one file that opens files of the audited folder.
    files: "collectors/tree.ts",
    ours: CONTRACT,
    node: ["node:fs", "node:path"],
    among: "parts",
  },
  {
    files: "collectors/testing.ts",
    ours: ["collectors/tree.ts"],
    node: ["node:fs", "node:os", "node:path"],
    among: "parts",
  },
  { files: "testing-monorepo.ts", ours: [], node: [], among: "parts" },
  { files: "collectors/application.ts", ours: COLLECTED, node: [], among: "parts" },
  { files: "collectors/config/", ours: COLLECTED, node: ["yaml", "saxes"], among: "folder" },
  {
    files: "collectors/php/",
    ours: [...COLLECTED, "collectors/config/"],
    node: ["php-parser", "yaml"],
    among: "folder",
  },
  {
    files: "collectors/script/",
    ours: [...COLLECTED, "collectors/config/"],
    node: ["typescript", "node:path"],
    among: "folder",
  },
  {
    files: "collectors/symfony/",
    ours: [...COLLECTED, "collectors/testing.ts", "collectors/php/", "collectors/config/"],
    node: ["php-parser", "node:path"],
    among: "folder",
  },
  {
    files: "collectors/phalcon/",
    ours: [...COLLECTED, "collectors/testing.ts", "collectors/php/", "collectors/config/"],
    node: ["php-parser", "node:path"],
    among: "folder",
  },
  {
    files: "collectors/node/",
    ours: [...COLLECTED, "collectors/testing.ts", "collectors/script/", "collectors/config/"],
    node: ["typescript", "node:path"],
    among: "folder",
  },
  {
    // Known to linters alone: one file at a time, on their own syntax tree.
    files: "eslint/",
    ours: [],
    node: [],
    among: "folder",
  },
  {
    files: "collectors/everyday/",
    ours: [...COLLECTED, "collectors/php/", "collectors/script/"],
    node: [],
    among: "folder",
  },
  {
    // The loop that every control's test ends with.
    files: "controls/testing-judgements.ts",
    ours: [...CONTRACT, "controls/control.ts", "controls/testing.ts"],
    node: ["vitest"],
    among: "parts",
  },
  { files: "controls/", ours: CONTRACT, node: [], among: "folder" },
  { files: "recognise.ts", ours: [...COLLECTED, "collectors/"], node: [], among: "parts" },
  {
    files: "evidence-cache.ts",
    ours: COLLECTED,
    node: ["node:crypto", "node:fs", "node:path"],
    among: "parts",
  },
  {
    files: "audit.ts",
    ours: [...COLLECTED, "controls/", "collect.ts", "evidence-cache.ts", "collectors/everyday/"],
    node: [],
    among: "parts",
  },
  {
    // One application, in whichever thread.
    files: "collect-task.ts",
    ours: [
      ...COLLECTED,
      "recognise.ts",
      "evidence-cache.ts",
      "collectors/config/session-policy.ts",
    ],
    node: [],
    among: "parts",
  },
  {
    files: "collect-thread.ts",
    ours: ["collect-task.ts"],
    node: ["node:worker_threads"],
    among: "parts",
  },
  {
    files: "collect.ts",
    ours: [...COLLECTED, "collect-task.ts", "recognise.ts", "evidence-cache.ts"],
    node: ["node:os", "node:worker_threads"],
    among: "parts",
  },
  {
    files: "report/report.ts",
    ours: [...CONTRACT, "controls/control.ts"],
    node: [],
    among: "parts",
  },
  {
    files: "report/",
    ours: [...CONTRACT, "controls/control.ts", "controls/duration.ts", "audit.ts", "errors.ts"],
    node: ["node:crypto", "node:fs"],
    among: "folder",
  },
  {
    files: "cli/",
    ours: [
      ...CONTRACT,
      "errors.ts",
      "audit.ts",
      "controls/",
      "report/",
      "collectors/tree.ts",
      "cli.ts",
    ],
    node: ["node:"],
    among: "folder",
  },
  {
    files: "cli.ts",
    ours: ["cli/", "errors.ts", "audit.ts", "controls/index.ts", "report/clean-text.ts"],
    node: ["node:"],
    among: "parts",
  },
  { files: "corpus/", ours: ["audit.ts", "controls/control.ts"], node: ["node:"], among: "folder" },
];

/** Files that may be longer, each with its reason. */
const longFiles: Readonly<Record<string, string>> = {
  "controls/catalogue.ts": "a generated table",
  "evidence.ts": "the contract between collectors and controls, in one place",
};

const auditor = join(import.meta.dirname, "..");
const files = readSources(join(auditor, "src"));
const folder = join(auditor, "src/controls");

/** The rooms that each room of a folder imports from; what stands outside of rooms may know them all. */
function roomsOf(within: string): ReadonlyMap<string, ReadonlySet<string>> {
  const roomOf = (path: string): string | undefined =>
    path.startsWith(within) ? /^([^/]+)\//.exec(path.slice(within.length))?.[1] : undefined;
  const rooms = new Map<string, Set<string>>();
  for (const { path, ours } of files) {
    const room = roomOf(path);
    if (room === undefined) continue;
    const needs = rooms.get(room) ?? new Set();
    for (const target of ours) {
      const other = roomOf(target);
      if (other !== undefined && other !== room) needs.add(other);
    }
    rooms.set(room, needs);
  }
  return rooms;
}

describe("the source of the auditor", () => {
  testArchitecture(files, layers, longFiles);

  it("is read at all", () => {
    expect(files.map(({ path }) => path)).toContain("controls/csrf/csrf.ts");
  });

  for (const framework of ["node", "phalcon", "symfony"]) {
    it(`has rooms without circles for ${framework}`, () => {
      const needs = roomsOf(`collectors/${framework}/`);
      expect([...needs.keys()]).toEqual(
        expect.arrayContaining(["account", "code", "requests", "sessions", "sign-in", "sign-out"]),
      );
      const left = new Map(needs);
      for (let free = true; free; ) {
        free = false;
        for (const [room, others] of left) {
          if ([...others].some((other) => left.has(other))) continue;
          left.delete(room);
          free = true;
        }
      }
      expect([...left.keys()]).toEqual([]);
    });
  }

  it("runs nothing of what it audits", () => {
    const runs =
      /\bnode:(child_process|vm|worker_threads|module)\b|\beval\(|new Function\(|(?<![#.\w])import\([^)"']/;
    // The threads run what lies beside them.
    const outside = files.filter(
      ({ path }) => !/^((cli|corpus)\/|collect(-thread)?\.ts$)/.test(path),
    );
    expect(outside.filter(({ text }) => runs.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

describe("the controls", () => {
  const folders = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it("are those of the folders, each once", () => {
    expect(controls.map(({ id }) => id).sort()).toEqual(folders.sort());
  });

  it("cover every number of the catalogue", () => {
    const covered = new Set<string>(controls.flatMap(({ covers }) => covers));
    expect(Object.keys(catalogue).filter((number) => !covered.has(number))).toEqual([]);
  });

  for (const { id, covers, asvs, title, failureTitle } of controls) {
    it(`have a page, a test and sources: ${id}`, () => {
      const inside = readdirSync(join(folder, id));
      expect(inside).toEqual(expect.arrayContaining([`${id}.ts`, `${id}.test.ts`, `${id}.md`]));
      const page = readFileSync(join(folder, id, `${id}.md`), "utf8");
      expect(page.split("\n")[0]).toBe(`# ${title}`);
      expect(page.match(/^## .*$/gm)).toEqual(["## Why", "## How it is judged", "## Notes"]);
      expect(failureTitle).not.toBe(title);
      expect(covers.length).toBeGreaterThan(0);
      expect(asvs.length).toBeGreaterThan(0);
    });
  }
});
