/** `Set-Cookie` values: strict, and the same attributes when set and when expired. */
import { describe, expect, it } from "vitest";
import { type CookieAttributes, cookieForm, expireCookie, setCookie } from "./set-cookie.ts";

const plain: CookieAttributes = { secure: true, sameSite: "Lax", partitioned: false };

describe("setCookie", () => {
  const cases: readonly (readonly [attributes: CookieAttributes, line: string])[] = [
    [plain, "n=v; Path=/; Secure; HttpOnly; SameSite=Lax"],
    [{ ...plain, sameSite: "Strict" }, "n=v; Path=/; Secure; HttpOnly; SameSite=Strict"],
    [
      { ...plain, sameSite: "None", partitioned: true },
      "n=v; Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
    ],
    [
      { ...plain, domain: "example.com" },
      "n=v; Path=/; Domain=example.com; Secure; HttpOnly; SameSite=Lax",
    ],
    [{ ...plain, secure: false }, "n=v; Path=/; HttpOnly; SameSite=Lax"],
  ];
  for (const [attributes, line] of cases) {
    it(`writes ${line}`, () => {
      const form = cookieForm("n", attributes);
      expect(setCookie(form, "v")).toBe(line);
      expect(setCookie(form, "v", 60)).toBe(`${line}; Max-Age=60`);
      expect(setCookie(form, "v", 0)).toBe(`${line}; Max-Age=0`);
      expect(expireCookie(form)).toBe(`${line.replace("n=v", "n=")}; Max-Age=0`);
    });
  }
});
