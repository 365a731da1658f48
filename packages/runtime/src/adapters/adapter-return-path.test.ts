import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeReturnPath } from "./adapter-return-path.ts";

/** Each sends some browser to another site, or is no path at all. */
const hostile: readonly string[] = [
  "https://evil.example/",
  "HTTPS:evil.example",
  "https:/evil.example",
  "//evil.example/",
  "///evil.example",
  "////evil.example",
  "/\\evil.example",
  "\\/evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/\r/evil.example",
  "/ /evil.example",
  "\t//evil.example",
  " //evil.example",
  "/..//evil.example",
  "/./\\evil.example",
  "/.//evil.example",
  "/a/../..//evil.example",
  "/%2e//evil.example",
  "/%2E%2e//evil.example",
  "/%2f/evil.example",
  "/%2Fevil.example",
  "/%5cevil.example",
  "/.%2f/evil.example/../..//evil.example",
  "//app.test@evil.example/",
  "https://app.test@evil.example/",
  "//app.test:80@evil.example",
  "javascript:alert(1)",
  "/\u0000javascript:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,x",
  "vbscript:x",
  "evil.example",
  "@evil.example",
  ".evil.example",
  "?return=//evil.example",
  "#//evil.example",
  "/accounts\r\nSet-Cookie: a=b",
  "/accounts\nLocation: //evil.example",
  "/accounts%\u000d",
  "/\u2028/evil.example",
  "/\uff0fevil.example",
  "/\u3002evil.example",
  "/ünicode",
  `/${"a".repeat(2048)}`,
  "",
];

describe("the path to go on to", () => {
  for (const value of hostile) {
    it(`is not ${JSON.stringify(value.slice(0, 60))}`, () => {
      expect(safeReturnPath(value, "/accounts")).toBe("/accounts");
    });
  }

  for (const value of [undefined, null, 1, ["/devices"], { path: "/devices" }]) {
    it(`is not ${JSON.stringify(value)}, which is no text`, () => {
      expect(safeReturnPath(value)).toBe("/");
    });
  }

  const good = [
    "/",
    "/devices",
    "/savings?start=500&years=10",
    "/a//b",
    "/a?b=//c",
    "/a?return=https://evil.example/",
    "/a%2fb",
    "/a@b:c",
    "/caf%C3%A9",
  ];
  for (const value of good) {
    it(`is ${value}`, () => {
      expect(safeReturnPath(value, "/accounts")).toBe(value);
    });
  }

  it("has no fragment and no dots", () => {
    expect(safeReturnPath("/savings?years=3#kept")).toBe("/savings?years=3");
    expect(safeReturnPath("/a/../b/./c")).toBe("/b/c");
  });

  const pieces = fc.constantFrom(
    ..."/\\.:@?#%\t\r\n ;&",
    "//",
    "..",
    "%2f",
    "%5C",
    "%2e",
    "%09",
    "http:",
    "javascript:",
    "evil.example",
    "app.test",
    "\u0000",
    "\uff0f",
    "a",
  );
  const anyValue = fc.oneof(
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join("")}`),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string({ unit: "binary" }),
  );

  it("never leaves the site, whatever it is made from, also where it is decoded or followed again", () => {
    for (const origin of ["https://app.test", "http://localhost:3000"]) {
      fc.assert(
        fc.property(anyValue, (value) => {
          const path = safeReturnPath(value);
          // As a browser follows it, from any page.
          expect(new URL(path, `${origin}/sign-in/step?x=1`).origin).toBe(origin);
          expect(path).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
          expect(safeReturnPath(path)).toBe(path);
          const { pathname } = new URL(path, origin);
          const decoded = pathname.replace(/%2f|%5c/gi, "/");
          expect(new URL(decoded, origin).origin).toBe(origin);
        }),
        { numRuns: 3000 },
      );
    }
  });
});
