/**
 * Open redirects (CWE-601): what must not be followed after a sign-in, and what must.
 * @module
 */
import { expect, it } from "vitest";
import { returnPath } from "../src/return-path.ts";

/** Each sends some browser to another site, or is no path at all. */
const hostileReturns: readonly string[] = [
  "https://evil.example/",
  "//evil.example/",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/..//evil.example",
  "/./\\evil.example",
  "/.//evil.example",
  "/%2e//evil.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "evil.example",
  "@evil.example",
  "/accounts\r\nSet-Cookie: a=b",
  "/ünicode",
  "",
];

for (const value of hostileReturns) {
  it(`does not follow ${JSON.stringify(value)}`, () => {
    expect(returnPath(value, "/accounts")).toBe("/accounts");
  });
}

for (const value of [undefined, null, 1, ["/devices"], { path: "/devices" }]) {
  it(`does not follow ${JSON.stringify(value)}, which is no text`, () => {
    expect(returnPath(value, "/accounts")).toBe("/accounts");
  });
}

for (const value of ["/", "/devices", "/savings?start=500&years=10", "/a//b", "/a?b=//c"]) {
  it(`follows ${value}`, () => {
    expect(returnPath(value, "/accounts")).toBe(value);
  });
}

it("drops a fragment", () => {
  expect(returnPath("/savings?years=3#kept", "/")).toBe("/savings?years=3");
});
