import { describe, expect, it } from "vitest";
import { evidenceOf, expressApp, manifest } from "../testing.ts";

const login = (code: string): Readonly<Record<string, string>> =>
  expressApp(`app.post("/login", (req, res) => { req.session.userId = 1; ${code} res.end(); });`);

describe("remember-me", () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    [
      "a longer session",
      `if (req.body.remember) req.session.cookie.maxAge = 30 * 864e5;`,
      "session",
    ],
    [
      "a longer session by a choice",
      `req.session.cookie.expires = req.body.keep ? new Date(Date.now() + 864e5) : null;`,
      "session",
    ],
    ["a longer session for everybody", `req.session.cookie.maxAge = 864e5;`, undefined],
    [
      "a session that ends with the browser",
      `if (!req.body.remember) req.session.cookie.expires = undefined;`,
      undefined,
    ],
    [
      "a token under another name",
      `if (req.body.remember) { const token = crypto.randomBytes(32).toString("hex"); res.cookie("rt", token, { httpOnly: true }); }`,
      "random-token",
    ],
    [
      "a name to fill the form in with",
      `if (req.body.remember) res.cookie("mail", req.body.mail);`,
      undefined,
    ],
  ];
  for (const [title, code, scheme] of cases) {
    it(`is ${scheme ?? "none"} with ${title}`, () => {
      expect(evidenceOf(login(code)).rememberMe?.scheme).toBe(scheme);
    });
  }
});

describe("the cookie's lifetime", () => {
  it("is the longest that code gives one session", () => {
    const of = (code: string): unknown =>
      evidenceOf(login(code)).sessions[0]?.cookie.lifetimeSeconds.value;
    expect(of("req.session.cookie.maxAge = 365 * 864e5;")).toBe(31_536_000);
    expect(of("req.session.cookie.expires = new Date(Date.now() + 3600e3);")).toBe(3600);
    expect(of("req.session.cookie.maxAge = 0;")).toBe("session");
    expect(of("")).toBe("session");
  });
  it("is that of the options where code makes it shorter, and counts for cookie-session too", () => {
    const files = (days: number): Readonly<Record<string, string>> => ({
      "package.json": manifest({ express: "5.1.0", "cookie-session": "2.1.1" }),
      "app.js": `const express = require("express"); const app = express(); app.use(require("cookie-session")({ maxAge: 864e5, keys: [process.env.K] })); app.post("/login", (req, res) => { req.session.userId = 1; req.sessionOptions.maxAge = ${days} * 864e5; res.end(); }); app.listen(1);`,
    });
    const of = (days: number): unknown =>
      evidenceOf(files(days)).sessions[0]?.cookie.lifetimeSeconds.value;
    expect(of(90)).toBe(7_776_000);
    expect(of(0.5)).toBe(86_400);
  });
});

describe("a cookie by any name that restores a session", () => {
  const app = (value: string, restores: string): Readonly<Record<string, string>> =>
    expressApp(
      `const names = require("./names"); app.post("/login", (req, res) => { const options = { signed: true, httpOnly: true, maxAge: 864e5 }; const value = ${value}; res.cookie(names.who, value, options); res.end(); }); app.use((req, res, next) => { const who = req.signedCookies[names.who]; load(who, (user) => { ${restores} next(); }); });`,
    );
  const restored = "req.session.user = user;";
  it("is remember-me, and never ends if only the signature guards it", () => {
    const found = evidenceOf(app("req.user.id", restored)).rememberMe;
    expect([found?.scheme, found?.expires]).toEqual(["signed", false]);
    expect([found?.httpOnly.value, found?.secure.value]).toEqual([true, "never"]);
    expect(evidenceOf(app("req.user.id + Date.now()", restored)).rememberMe?.expires).toBe(
      undefined,
    );
  });
  it("is none if nobody is written into the session", () => {
    expect(evidenceOf(app("req.user.id", "req.session.theme = who;")).rememberMe).toBe(undefined);
  });
});
