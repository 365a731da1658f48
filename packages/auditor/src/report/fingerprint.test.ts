import { describe, expect, it } from "vitest";
import { type Fingerprinted, fingerprintsOf } from "./fingerprint.ts";

const finding: Fingerprinted = {
  control: "cookie-secure",
  file: "config/framework.yaml",
  line: 12,
  column: 3,
  value: "never",
  message:
    "Default of symfony/framework-bundle 5.4.21: see config/framework.yaml:12:3 and line 14.",
};

const [original = ""] = fingerprintsOf([finding]);

describe("fingerprintsOf", () => {
  it("stays the same while lines move and packages are updated", () => {
    const moved = {
      ...finding,
      line: 40,
      column: 9,
      message:
        "Default of symfony/framework-bundle 6.4.3: see config/framework.yaml:40:9 and line 42.",
    };
    expect(fingerprintsOf([moved])).toEqual([original]);
  });

  for (const [what, change] of Object.entries({
    control: { control: "cookie-httponly" },
    file: { file: "config/other.yaml" },
    value: { value: "when-https" },
    message: { message: "Something else." },
  })) {
    it(`differs by ${what}`, () => {
      expect(fingerprintsOf([{ ...finding, ...change }])).not.toEqual([original]);
    });
  }

  it("tells equal findings apart by their order in the file, whatever order they come in", () => {
    const second = { ...finding, line: 20 };
    const [first, next] = fingerprintsOf([finding, second]);
    expect(first).toBe(original);
    expect(next).not.toBe(first);
    expect(fingerprintsOf([second, finding])).toEqual([next, first]);
  });

  it("has 128 bits in hex", () => {
    expect(original).toMatch(/^[0-9a-f]{32}$/);
  });
});
