import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { renderJson } from "./json.ts";
import { parseReport, reportSchema, type Schema } from "./read-report.ts";
import { sampleReport } from "./testing.ts";

const ajv = new Ajv2020({ strict: true });
formats.default(ajv);
const validate = ajv.compile(reportSchema());

const report = sampleReport();

/** The sample with one field replaced; `undefined` removes it. */
function changed(path: string, value: unknown): string {
  const copy = JSON.parse(renderJson(report)) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce((node, key) => node[key] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return JSON.stringify(copy);
}

describe("the published schema", () => {
  it("describes every field of real reports", () => {
    expect(validate(JSON.parse(renderJson(report))), JSON.stringify(validate.errors)).toBe(true);
    const marked = changed("applications.0.controls.1.findings.0.acceptance", {
      reason: "r",
      owner: "o",
      until: "2026-12-31",
    });
    expect(validate(JSON.parse(marked)), JSON.stringify(validate.errors)).toBe(true);
  });

  it("refuses what is no report", () => {
    expect(validate(JSON.parse(changed("applications.0.extra", 1)))).toBe(false);
    expect(validate(JSON.parse(changed("version", "2.0")))).toBe(false);
  });

  it("uses only words that the reader knows", () => {
    const known = new Set([
      ...["$schema", "$id", "$defs", "$ref", "title", "description", "format"],
      ...["type", "const", "enum", "minimum", "properties", "required", "items"],
      "additionalProperties",
    ]);
    const wordsOf = (schema: Schema): string[] => [
      ...Object.keys(schema),
      ...Object.values(schema.properties ?? {}).flatMap(wordsOf),
      ...Object.values(schema.$defs ?? {}).flatMap(wordsOf),
      ...(schema.items === undefined ? [] : wordsOf(schema.items)),
    ];
    expect(wordsOf(reportSchema()).filter((word) => !known.has(word))).toEqual([]);
  });
});

describe("parseReport", () => {
  it("gives back what was stored", () => {
    expect(parseReport(renderJson(report), "r.json")).toEqual(JSON.parse(JSON.stringify(report)));
  });

  it("reads later minor versions, and fields that they added", () => {
    const later = changed("version", "1.7").replace('"stack":', '"added":[1],"stack":');
    expect(parseReport(later, "r.json").applications).toHaveLength(3);
  });

  const refused: readonly (readonly [string, string, string])[] = [
    ["no JSON", "{", "is no JSON"],
    ["another JSON", "[]", "is no report; store one"],
    ["a newer major version", changed("version", "2.0"), "has version 2.0"],
    ["a missing field", changed("counts.fail", undefined), "report.counts.fail is missing"],
    ["a wrong type", changed("counts.fail", "2"), "report.counts.fail is no whole number"],
    [
      "a wrong word",
      changed("applications.1.controls.0.verdict", "maybe"),
      "report.applications[1].controls[0].verdict is none of",
    ],
    [
      "a place from 0",
      changed("applications.0.controls.0.findings.0.line", 0),
      "line is no whole number from 1",
    ],
    ["a list that is none", changed("unread", {}), "report.unread is no list"],
    [
      "a version that is no text",
      changed("applications.0.versions", { a: 1 }),
      "report.applications[0].versions.a is no string",
    ],
  ];
  for (const [title, text, message] of refused) {
    it(`refuses ${title}`, () => {
      const read = () => parseReport(text, "r.json");
      expect(read).toThrow(expect.objectContaining({ code: "AUDIT_REPORT" }));
      expect(read).toThrow(message);
    });
  }
});
