import { Linter } from "eslint";
import { describe, expect, it } from "vitest";
import { recommended, rules } from "./index.ts";

/** What a rule reports of code, as message ids, and the code after each suggestion. */
function lint(rule: string, code: string, options: readonly unknown[] = []) {
  const linter = new Linter();
  const messages = linter.verify(code, [
    {
      plugins: recommended.plugins as never,
      rules: { [`@holdfast/${rule}`]: ["error", ...options] as never },
      languageOptions: { ecmaVersion: 2024, sourceType: "module" },
    },
  ]);
  return {
    ids: messages.map(({ messageId, message }) => messageId ?? message),
    suggested: messages.flatMap(({ suggestions = [] }) =>
      suggestions.map(
        ({ fix }) => code.slice(0, fix.range[0]) + fix.text + code.slice(fix.range[1]),
      ),
    ),
  };
}

describe("no-session-secret-literal", () => {
  const rule = "no-session-secret-literal";

  for (const [title, code, id] of [
    ["a literal", 'import session from "express-session"; session({ secret: "abc" });', "literal"],
    [
      "a literal by require",
      'const session = require("express-session"); session({ secret: "abc" });',
      "literal",
    ],
    [
      "one of several",
      'import cs from "cookie-session"; cs({ keys: [process.env.K, "old"] });',
      "literal",
    ],
    [
      "a constant",
      'import session from "express-session"; const s = "abc"; session({ secret: s });',
      "literal",
    ],
    [
      "options kept apart",
      'import session from "express-session"; const o = { secret: `abc` }; session(o);',
      "literal",
    ],
    [
      "a plug-in",
      'import s from "@fastify/session"; app.register(s, { secret: "abc" });',
      "literal",
    ],
    [
      "a fallback",
      'import session from "express-session"; session({ secret: process.env.S || "abc" });',
      "fallback",
    ],
    [
      "a newer fallback",
      'import { getIronSession } from "iron-session"; getIronSession(a, b, { password: process.env.S ?? "abc" });',
      "fallback",
    ],
  ] as const) {
    it(`reports ${title}`, () => {
      expect(lint(rule, code).ids).toEqual([id]);
    });
  }

  it("leaves the environment and other packages alone", () => {
    expect(
      lint(rule, 'import session from "express-session"; session({ secret: process.env.S });').ids,
    ).toEqual([]);
    expect(lint(rule, 'import other from "other"; other({ secret: "abc" });').ids).toEqual([]);
  });

  it("suggests the environment, and no fallback", () => {
    const start = 'import session from "express-session"; session({ secret: ';
    expect(lint(rule, `${start}"abc" });`).suggested).toEqual([
      `${start}process.env.SESSION_SECRET });`,
    ]);
    expect(lint(rule, `${start}process.env.S || "abc" });`).suggested).toEqual([
      `${start}process.env.S });`,
    ]);
  });
});

describe("rotate-on-sign-in", () => {
  const rule = "rotate-on-sign-in";

  it("reports an identity in a session that keeps its id", () => {
    expect(
      lint(rule, "app.post('/in', (req, res) => { req.session.userId = user.id; });").ids,
    ).toEqual(["rotate"]);
    expect(
      lint(rule, "async (c) => { const session = await get(c); session.user = user; }").ids,
    ).toEqual(["rotate"]);
  });

  it("reports an identity that is written before the rotation", () => {
    expect(
      lint(rule, "(req) => { req.session.user = u; req.session.regenerate(() => {}); }").ids,
    ).toEqual(["rotate"]);
  });

  it("takes what follows a rotation, in its callback too", () => {
    expect(
      lint(rule, "(req) => { req.session.regenerate(() => { req.session.user = u; }); }").ids,
    ).toEqual([]);
    expect(
      lint(rule, "async (req) => { await req.session.regenerate(); req.session.user = u; }").ids,
    ).toEqual([]);
  });

  it("leaves a sign-out and other keys alone", () => {
    expect(
      lint(rule, "(req) => { req.session.user = null; req.session.user = undefined; }").ids,
    ).toEqual([]);
    expect(lint(rule, "(req) => { req.session.cart = []; }").ids).toEqual([]);
  });
});

describe("no-raw-session-cookie", () => {
  const rule = "no-raw-session-cookie";

  it("reports a session cookie that is written by hand", () => {
    expect(lint(rule, 'res.cookie("connect.sid", id);').ids).toEqual(["write"]);
    expect(lint(rule, 'reply.setCookie("sessionId", id, {});').ids).toEqual(["write"]);
    expect(lint(rule, 'ctx.cookies.set("koa.sess", id);').ids).toEqual(["write"]);
    expect(lint(rule, 'res.setHeader("Set-Cookie", "connect.sid=1; Path=/");').ids).toEqual([
      "write",
    ]);
  });

  it("reports one that is read by hand", () => {
    expect(lint(rule, 'const id = req.cookies["connect.sid"];').ids).toEqual(["read"]);
    expect(lint(rule, 'const id = ctx.cookies.get("koa.sess");').ids).toEqual(["read"]);
  });

  it("knows names that it is told", () => {
    expect(lint(rule, 'res.cookie("shop", id);').ids).toEqual([]);
    expect(lint(rule, 'res.cookie("shop", id);', [{ names: ["shop"] }]).ids).toEqual(["write"]);
  });

  it("leaves other cookies, and the clearing at a sign-out, alone", () => {
    expect(
      lint(
        rule,
        'res.cookie("theme", "dark"); res.clearCookie("connect.sid"); const t = req.cookies.theme;',
      ).ids,
    ).toEqual([]);
  });
});

it("has each rule in the recommended configuration", () => {
  expect(Object.keys(recommended.rules)).toEqual(
    Object.keys(rules).map((rule) => `@holdfast/${rule}`),
  );
});
