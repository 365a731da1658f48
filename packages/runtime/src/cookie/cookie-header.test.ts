/** Reading one name's values from a `Cookie` header, against a plain reference and every oddity. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cookieValues, MAX_VALUES } from "./cookie-header.ts";

/** The same, the long way: split, trim, compare. */
function reference(header: string, name: string): readonly string[] {
  const values: string[] = [];
  for (const pair of header.split(";")) {
    const begun = pair.replace(/^[ \t]+/, "");
    if (!begun.startsWith(`${name}=`)) continue;
    let value = begun.slice(name.length + 1).trim();
    if (value.length > 1 && value.startsWith('"') && value.endsWith('"')) {
      value = value.slice(1, -1);
    }
    if (!values.includes(value)) values.push(value);
  }
  return values.slice(0, MAX_VALUES);
}

describe("cookieValues", () => {
  it("reads as the reference does, whatever the header", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "sid",
        "sid=",
        "=",
        ";",
        "; ",
        " ",
        "\t",
        '"',
        "sid-anon=",
        "xsid=",
        "sidsid=",
      ),
      fc.stringMatching(/^[a-z0-9_-]{0,6}$/),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    const header = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(header, fc.constantFrom("sid", "s", "__Host-sid", "sidsid"), (text, name) => {
        expect(cookieValues(text, name)).toEqual(reference(text, name));
      }),
      { numRuns: 3000 },
    );
  });

  for (const [header, expected] of [
    ["sid=a", ["a"]],
    ["x=1; sid=a; y=2", ["a"]],
    ["x=1;sid=a;y=2", ["a"]],
    ["\tsid=a", ["a"]],
    ["sid=a; sid=b", ["a", "b"]],
    ["sid=a; sid=a", ["a"]],
    ['sid="a"', ["a"]],
    ['sid="', ['"']],
    ['sid=""', [""]],
    ["sid=", [""]],
    ["sid=a=b", ["a=b"]],
    ["sid=a ", ["a"]],
    ["xsid=a", []],
    ["x=sid=a", []],
    ["x=1, sid=a", []],
    ["sid-anon=a", []],
    ["SID=a", []],
    ["sid", []],
    ["sid =a", []],
    ["", []],
    [";;;", []],
  ] as const) {
    it(`reads ${JSON.stringify(header)} as ${JSON.stringify(expected)}`, () => {
      expect(cookieValues(header, "sid")).toEqual(expected);
    });
  }

  it("answers nothing for no header", () => {
    expect(cookieValues(undefined, "sid")).toEqual([]);
  });

  it("looks at no more than a few values", () => {
    const header = Array.from({ length: 100 }, (_, n) => `sid=${n}`).join("; ");
    expect(cookieValues(header, "sid")).toEqual(["0", "1", "2", "3"]);
  });

  it("takes no longer than the header is long", () => {
    const hostile = [
      "sid=".repeat(4000),
      `${" ".repeat(16_000)}sid=a`,
      " sid".repeat(4000),
      "sid".repeat(5000),
      `${";".repeat(16_000)}sid=a`,
    ];
    const startedAt = performance.now();
    for (const header of hostile) for (let n = 0; n < 20; n++) cookieValues(header, "sid");
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});
