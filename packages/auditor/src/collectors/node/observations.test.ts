import { describe, expect, it } from "vitest";
import type { Observation, ObservationTopic } from "../../evidence.ts";
import { evidenceOf, expressApp, manifest } from "./testing.ts";

type Files = Readonly<Record<string, string>>;

function seen(files: Files, topic: ObservationTopic): readonly Observation[] {
  return evidenceOf(files).observations.filter((one) => one.topic === topic);
}

function kinds(files: Files, topic: ObservationTopic): readonly string[] {
  return seen(files, topic).map(({ kind }) => kind);
}

/** An Express application with these options of express-session. */
function withOptions(options: string, code = ""): Files {
  return {
    "package.json": manifest({ express: "5.1.0", "express-session": "1.18.2" }),
    "app.js": `
      const express = require("express");
      const session = require("express-session");
      const app = express();
      app.use(session({ secret: process.env.SECRET, ${options} }));
      ${code}
      app.listen(3000);
    `,
  };
}

describe("eager sessions", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "fault"],
    ["saveUninitialized: true", "fault"],
    ["saveUninitialized: false", "good"],
    ["saveUninitialized: readOption()", "doubt"],
  ];
  for (const [options, kind] of cases) {
    it(`are a ${kind} with ${options || "nothing said"}`, () => {
      expect(kinds(withOptions(options), "eager-sessions")).toEqual([kind]);
    });
  }
  it("are what @fastify/session makes by itself", () => {
    const files = {
      "package.json": manifest({ fastify: "5.0.0", "@fastify/session": "11.1.0" }),
      "app.js": `
        import Fastify from "fastify";
        import fastifySession from "@fastify/session";
        const app = Fastify();
        app.register(fastifySession, { secret: process.env.SECRET });
        app.listen({ port: 3000 });`,
    };
    expect(kinds(files, "eager-sessions")).toEqual(["fault"]);
  });
});

describe("the absolute timeout", () => {
  it("is missing where each request begins the lifetime anew", () => {
    expect(
      kinds(withOptions("rolling: true, cookie: { maxAge: 60000 }"), "absolute-timeout"),
    ).toEqual(["fault"]);
  });
  it("is there where the time of the sign-in is compared", () => {
    const code = `app.use((req, res, next) => {
      if (Date.now() - req.session.signedInAt > 43200000) return req.session.destroy(next);
      next();
    });`;
    expect(
      kinds(withOptions("rolling: true, cookie: { maxAge: 60000 }", code), "absolute-timeout"),
    ).toEqual(["good"]);
  });
  it("is not known where no lifetime is set", () => {
    expect(kinds(withOptions(""), "absolute-timeout")).toEqual([]);
  });
});

describe("signing out", () => {
  const handler = `(req, res) => req.session.destroy(() => res.redirect("/"))`;
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["by GET", `app.get("/logout", ${handler});`, ["fault"]],
    ["by anything", `app.all("/logout", ${handler});`, ["fault"]],
    ["by POST", `app.post("/logout", ${handler});`, ["good"]],
    ["by DELETE of the session", `app.delete("/session", ${handler});`, []],
    ["as the end of something else", `app.get("/expired", ${handler});`, []],
  ];
  for (const [title, code, expected] of cases) {
    it(`is judged ${title}`, () => {
      expect(kinds(expressApp(code), "logout-method")).toEqual(expected);
    });
  }
});

describe("reads of other origins", () => {
  const cors = `const cors = require("cors");`;
  const allows = `res.setHeader("Access-Control-Allow-Credentials", "true");`;
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["everybody", `${cors} app.use(cors({ origin: true, credentials: true }));`, ["fault"]],
    ["a pattern", `${cors} app.use(cors({ origin: /.*/, credentials: true }));`, ["fault"]],
    [
      "whoever calls back",
      `${cors} app.use(cors({ origin: (origin, done) => done(null, true), credentials: true }));`,
      ["fault"],
    ],
    [
      "chosen origins",
      `${cors} app.use(cors({ origin: (origin, done) => done(null, list.includes(origin)), credentials: true }));`,
      ["good"],
    ],
    [
      "a list",
      `${cors} app.use(cors({ origin: ["https://a.example"], credentials: true }));`,
      ["good"],
    ],
    ["everybody without the cookie", `${cors} app.use(cors({ origin: true }));`, []],
    [
      "nobody: browsers refuse it",
      `${cors} app.use(cors({ origin: "*", credentials: true }));`,
      [],
    ],
    [
      "everybody by hand",
      `app.use((req, res, next) => { res.setHeader("Access-Control-Allow-Origin", req.headers.origin); ${allows} next(); });`,
      ["fault"],
    ],
    [
      "chosen ones by hand",
      `app.use((req, res, next) => { if (list.includes(req.headers.origin)) res.setHeader("Access-Control-Allow-Origin", req.headers.origin); ${allows} next(); });`,
      ["good"],
    ],
  ];
  for (const [title, code, expected] of cases) {
    it(`are for ${title}`, () => {
      expect(kinds(expressApp(code), "cross-origin-reads")).toEqual(expected);
    });
  }
});

describe("a change of the password", () => {
  const change = (check: string): string => `
    app.post("/password", async (req, res) => {
      const user = await users.findById(req.session.userId);
      ${check}
      user.password = await bcrypt.hash(req.body.password, 10);
      await user.save();
      res.end();
    });`;
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["the new one alone", change(""), ["fault"]],
    [
      "the old one too",
      change("if (!(await bcrypt.compare(req.body.old, user.password))) return res.end();"),
      ["good"],
    ],
    ["a token of a letter", change("").replace("/password", "/reset-password"), []],
    ["another's rights", change("").replace("/password", "/admin/users/:id/password"), []],
  ];
  for (const [title, code, expected] of cases) {
    it(`takes ${title}`, () => {
      expect(kinds(expressApp(code), "fresh-authentication")).toEqual(expected);
    });
  }
});

describe("the session's cookie", () => {
  it("is not for others to read or write", () => {
    const code = `app.get("/", (req, res) => { res.cookie("shop", req.cookies["connect.sid"]); });`;
    expect(seen(expressApp(code), "session-api").map(({ what }) => what)).toEqual([
      "The session cookie shop is written by hand.",
      "The session cookie connect.sid is read by hand.",
    ]);
  });
});

describe("what the session holds", () => {
  const signIn = (before: string, value: string): string => `
    app.post("/login", async (req, res) => {
      ${before}
      req.session.regenerate(() => { req.session.user = ${value}; res.end(); });
    });`;
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["a record", signIn("const user = await User.findOne({ name });", "user"), ["fault"]],
    ["a row", signIn('const rows = await db.query("SELECT * FROM users");', "rows[0]"), ["fault"]],
    ["fields", signIn("const user = await User.findOne({ name });", "{ id: user.id }"), []],
    [
      "a record without its password",
      signIn("const user = await User.findOne({ name }); delete user.password;", "user"),
      [],
    ],
    [
      "chosen columns",
      signIn('const rows = await db.query("SELECT id, name FROM users");', "rows[0]"),
      [],
    ],
  ];
  for (const [title, code, expected] of cases) {
    it(`is ${title}`, () => {
      expect(kinds(expressApp(code), "session-data")).toEqual(expected);
    });
  }
});

describe("trust in proxies", () => {
  it("is doubtful where a setting decides over it", () => {
    const code = `if (options.behindProxy) app.enable("trust proxy");`;
    expect(kinds(expressApp(code), "proxy-trust")).toEqual(["doubt"]);
  });
  it("is everybody's by the network of all addresses", () => {
    expect(kinds(expressApp(`app.set("trust proxy", "0.0.0.0/0");`), "proxy-trust")).toEqual([
      "fault",
    ]);
  });
});

describe("weak versions", () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ["@fastify/passport", "1.0.1", 1],
    ["@fastify/passport", "1.1.0", 0],
    ["@fastify/passport", "2.2.0", 1],
    ["@fastify/passport", "2.3.0", 0],
    ["next-auth", "4.24.4", 1],
    ["next-auth", "5.0.0-beta.25", 0],
  ];
  for (const [name, version, count] of cases) {
    it(`has ${count} of ${name} ${version}`, () => {
      expect(seen(expressApp("", { [name]: version }), "supported-version")).toHaveLength(count);
    });
  }
});
