import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withFiles } from "../collectors/testing.ts";
import { NO_CONFIG, parseConfig, readConfig } from "./audit-config.ts";

const risk = { control: "cookie-name", reason: "Harmless.", owner: "Ada", until: "2026-12-31" };

function parse(config: object) {
  return parseConfig(JSON.stringify(config), "c.json");
}

describe("parseConfig", () => {
  it("reads accepted risks, defaults and what is left out", () => {
    const accepted = [risk, { ...risk, file: "a.php", fingerprint: "ab" }];
    expect(
      parse({ accepted, failOn: "medium", only: ["csrf"], exclude: ["./legacy/", "tests/a"] }),
    ).toEqual({ accepted, failOn: "medium", only: ["csrf"], exclude: ["legacy", "tests/a"] });
    expect(parse({})).toEqual(NO_CONFIG);
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ["an unknown key", { acepted: [] }, 'there is no key "acepted"'],
    [
      "an unknown key of a risk",
      { accepted: [{ ...risk, untill: "x" }] },
      'there is no key "accepted[0].untill"',
    ],
    [
      "a risk without an owner",
      { accepted: [{ ...risk, owner: undefined }] },
      '"accepted[0].owner" must be a text that is not empty',
    ],
    ["an empty reason", { accepted: [{ ...risk, reason: " " }] }, '"accepted[0].reason"'],
    [
      "a date that is none",
      { accepted: [{ ...risk, until: "2026-02-30" }] },
      '"accepted[0].until" must be a date',
    ],
    [
      "another form of date",
      { accepted: [{ ...risk, until: "31.12.2026" }] },
      '"accepted[0].until" must be a date',
    ],
    ["an unknown severity", { failOn: "severe" }, '"failOn" must be one of'],
    ["a list that is none", { only: "csrf" }, '"only" must be a list of texts'],
    ["a pattern", { exclude: ["**/test"] }, "no patterns"],
    ["a path out of the folder", { exclude: ["a/../../b"] }, "paths from the audited folder"],
    ["an absolute path", { exclude: ["/etc"] }, "paths from the audited folder"],
    ["what is no object", [], "it must be an object"],
  ];
  for (const [title, config, message] of refused) {
    it(`refuses ${title}`, () => {
      expect(() => parse(config)).toThrow(message);
      expect(() => parse(config)).toThrow(expect.objectContaining({ code: "AUDIT_CONFIG" }));
    });
  }

  it("says where JSON is broken", () => {
    expect(() => parseConfig("{", "c.json")).toThrow(/"c.json" is no JSON: /);
  });
});

describe("readConfig", () => {
  it("does without a file that nobody named", () => {
    using tree = withFiles({});
    const path = join(tree.folder, "holdfast-audit.config.json");
    expect(readConfig({ path, isNamed: false })).toEqual(NO_CONFIG);
    expect(() => readConfig({ path, isNamed: true })).toThrow("does not exist");
  });

  it("follows no link that the audited folder has in its place", () => {
    using tree = withFiles({ "real.json": "{}" });
    const path = join(tree.folder, "holdfast-audit.config.json");
    symlinkSync(join(tree.folder, "real.json"), path);
    expect(() => readConfig({ path, isNamed: false })).toThrow("is a link, which is not followed");
    expect(readConfig({ path, isNamed: true })).toEqual(NO_CONFIG);
  });

  it("reads no file of any size", () => {
    using tree = withFiles({});
    const path = join(tree.folder, "c.json");
    writeFileSync(path, " ".repeat(1024 * 1024 + 1));
    expect(() => readConfig({ path, isNamed: true })).toThrow("is too large");
  });
});
