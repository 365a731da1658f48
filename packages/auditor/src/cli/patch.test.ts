import { symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withFiles } from "../collectors/testing.ts";
import { type Edit, patchOf } from "./patch.ts";

/** Applies a unified diff of one file as `patch` does, strictly: every line must be where it is said to be. */
function applied(text: string, patch: string): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const result: string[] = [];
  let at = 0;
  let [oldLeft, newLeft] = [0, 0];
  for (const line of patch.match(/[^\n]*\n/g) ?? []) {
    const header = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@\n$/.exec(line);
    if (header !== null) {
      expect([oldLeft, newLeft]).toEqual([0, 0]);
      const [from = 0, oldCount = 0, to = 0, newCount = 0] = header.slice(1).map(Number);
      while (at < from - 1) result.push(lines[at++] ?? "");
      expect(result.length + 1).toBe(to);
      [oldLeft, newLeft] = [oldCount, newCount];
    } else if (/^(--- |\+\+\+ )/.test(line) && oldLeft + newLeft === 0) {
      // The names; no content can look so, since the counts say where a hunk ends.
    } else if (line.startsWith("\\")) {
      const last = result.length - 1;
      // It speaks of the line before, which the old text lacks the end of as well if it was kept or removed.
      if (previous(patch, line) !== "-") result[last] = (result[last] ?? "").slice(0, -1);
    } else {
      const content = line.slice(1);
      if (line[0] !== "+") {
        expect((lines[at] ?? "").replace(/\n$/, "")).toBe(content.replace(/\n$/, ""));
        at++;
        oldLeft--;
      }
      if (line[0] !== "-") {
        result.push(content);
        newLeft--;
      }
    }
  }
  return [...result, ...lines.slice(at)].join("");
}

/** The mark of the line before the note on a missing line end; there may be one of the old and one of the new. */
function previous(patch: string, note: string): string {
  seen.set(patch, (seen.get(patch) ?? 0) + 1);
  const before = patch.split("\n").flatMap((line, at, all) => {
    return `${line}\n` === note ? [(all[at - 1] ?? "").charAt(0)] : [];
  });
  return before[(seen.get(patch) ?? 1) - 1] ?? "";
}
const seen = new Map<string, number>();

function edit(file: string, start: number, end: number, text: string): Edit {
  return { file, start, end, text };
}

describe("patchOf", () => {
  it("writes a unified diff with three lines around each change", () => {
    using tree = withFiles({ "config/a.yaml": "1\n2\n3\n4\n5: false\n6\n7\n8\n9\n" });
    const { text, made } = patchOf(tree.folder, [edit("config/a.yaml", 11, 16, "auto")]);
    expect(text).toBe(`--- a/config/a.yaml
+++ b/config/a.yaml
@@ -2,7 +2,7 @@
 2
 3
 4
-5: false
+5: auto
 6
 7
 8
`);
    expect(made).toHaveLength(1);
  });

  it("gives what applying every edit gives, for any text and any edits", () => {
    const line = fc.constantFrom("", "a", "bb", "- x", "+ y", "@@ z", "-- w", "ccc\r");
    const cases = fc.record({
      lines: fc.array(line, { maxLength: 30 }),
      endsOpen: fc.boolean(),
      cuts: fc.array(fc.tuple(fc.nat(80), fc.nat(6), fc.constantFrom("", "N", "N\nM", "\n")), {
        maxLength: 5,
      }),
    });
    fc.assert(
      fc.property(cases, ({ lines, endsOpen, cuts }) => {
        const text = lines.map((each) => `${each}\n`).join("") + (endsOpen ? "end" : "");
        const edits = cuts.map(([start, length, replacement]) =>
          edit("a.txt", start, start + length, replacement),
        );
        using tree = withFiles({ "a.txt": text });
        seen.clear();
        const { text: patch, made } = patchOf(tree.folder, edits);
        let wanted = text;
        for (const { start, end, text: replacement } of [...made].reverse()) {
          wanted = wanted.slice(0, start) + replacement + wanted.slice(end);
        }
        expect(applied(text, patch)).toBe(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps a byte order mark, which offsets do not count", () => {
    using tree = withFiles({ "a.php": "\uFEFF<?php $a = 0;\n" });
    const { text } = patchOf(tree.folder, [edit("a.php", 11, 12, "1")]);
    expect(text).toContain("-\uFEFF<?php $a = 0;\n+\uFEFF<?php $a = 1;\n");
  });

  it("makes one of two edits that overlap, and none twice", () => {
    using tree = withFiles({ "a.txt": "abcdef\n" });
    const edits = [edit("a.txt", 0, 3, "X"), edit("a.txt", 2, 4, "Y"), edit("a.txt", 0, 3, "X")];
    expect(patchOf(tree.folder, edits).made).toEqual([edits[0]]);
  });

  it("leaves out what it cannot be sure of", () => {
    using tree = withFiles({ "same.txt": "abc", "steers.txt": "a\u001b[2Jb\n", "short.txt": "a" });
    symlinkSync("same.txt", join(tree.folder, "link.txt"));
    const edits = ["same.txt", "steers.txt", "short.txt", "link.txt", "gone.txt"].map((file) =>
      edit(file, 0, 3, "abc"),
    );
    expect(patchOf(tree.folder, edits)).toEqual({ text: "", made: [] });
  });

  it("does not touch files out of the folder", () => {
    using tree = withFiles({ "a/b.txt": "abc" });
    const outside = edit("../a/b.txt", 0, 1, "X");
    expect(patchOf(join(tree.folder, "a"), [outside]).text).toBe("");
  });

  it("quotes names as git does", () => {
    using tree = withFiles({ 'ü "x".txt': "abc\n", "a b.txt": "abc\n" });
    const { text } = patchOf(tree.folder, [
      edit('ü "x".txt', 0, 1, "X"),
      edit("a b.txt", 0, 1, "X"),
    ]);
    expect(text).toContain('--- "a/\\303\\274 \\"x\\".txt"\n');
    expect(text).toContain("--- a/a b.txt\t\n");
  });
});
