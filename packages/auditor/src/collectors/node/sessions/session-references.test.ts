import { describe, expect, it } from "vitest";
import { evidenceOf, expressApp, kindsOf, manifest } from "../testing.ts";

const next = (options: string): Readonly<Record<string, string>> => ({
  "package.json": manifest({ next: "15.0.0", "next-auth": "4.24.11" }),
  "app/page.tsx": "export default function Page() { return null; }",
  "auth.ts": `import NextAuth from "next-auth"; export default NextAuth({ providers: [], ${options} });`,
});
const bare = (secret: string): Readonly<Record<string, string>> => ({
  "package.json": manifest({ express: "5.1.0", "express-session": "1.18.2" }),
  "app.js": `const app = require("express")(); app.use(require("express-session")({ secret: ${secret} })); app.listen(1);`,
});
const holdfast = (options: string): Readonly<Record<string, string>> => ({
  "package.json": manifest({ holdfast: "0.1.0", express: "5.1.0" }),
  "app.js": `import { createSessions } from "holdfast"; import express from "express"; const sessions = createSessions({ keyring, store, ${options} }); const app = express(); app.listen(1);`,
});

describe("ids in the store", () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] =
    [
      ["are of no use without the secret of the signature", expressApp(""), ["good"]],
      [
        "are of use with a secret that stands in the repository",
        bare(`"a sentence for everybody"`),
        ["fault"],
      ],
      [
        "are of use with a fallback that stands there",
        bare(`process.env.S || "a sentence"`),
        ["fault"],
      ],
      [
        "are the cookie's token with an adapter of Auth.js",
        next("adapter: PrismaAdapter(prisma)"),
        ["fault"],
      ],
      ["are none where the cookie has the contents", next(""), []],
      ["are keyed hashes with Holdfast", holdfast(""), ["good"]],
    ];
  for (const [title, files, expected] of cases) {
    it(title, () => {
      expect(kindsOf(files, "ids-at-rest")).toEqual(expected);
    });
  }
  it("name the secret's place, and the library with its version", () => {
    const of = (files: Readonly<Record<string, string>>) =>
      evidenceOf(files).observations.find(({ topic }) => topic === "ids-at-rest");
    expect(of(bare(`"a sentence for everybody"`))?.place).toMatchObject({
      file: "app.js",
      line: 1,
    });
    expect(of(expressApp(""))?.origin).toMatchObject({
      kind: "default",
      of: "express-session 1.18.2",
    });
  });
});

describe("ids of the cookie", () => {
  const get = (code: string): Readonly<Record<string, string>> => ({
    ...expressApp(`app.get("/resume", async (req, res) => { ${code} res.end(); });`),
    "store.js": `exports.sessions = require("mongodb").collection("sessions");`,
  });
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["are checked by the library", "", ["good"]],
    ["go unchecked into a key", "await redis.get('s:' + req.cookies.sid);", ["fault", "good"]],
    [
      "go unchecked into a path, by a variable",
      `const sid = req.cookies.sid; await fs.readFile("/tmp/" + sid);`,
      ["fault", "good"],
    ],
    [
      "go unchecked into a query of MongoDB",
      `await db.collection("sessions").findOne({ _id: req.cookies.session });`,
      ["fault", "good"],
    ],
    [
      "are made a text before",
      `await db.collection("sessions").findOne({ _id: String(req.cookies.session) });`,
      ["good"],
    ],
    [
      "are looked at before",
      "const { sid } = req.cookies; if (!/^[a-z]{32}$/.test(sid)) return res.end(); await redis.get(sid);",
      ["good"],
    ],
    ["are signed ones", "await redis.get(req.signedCookies.sid);", ["good"]],
    ["are something else", "await redis.get(req.cookies.language);", ["good"]],
    [
      "go into a query of SQL as a parameter",
      "await User.findOne({ where: { token: req.cookies.token } });",
      ["good"],
    ],
  ];
  for (const [title, code, expected] of cases) {
    it(title, () => {
      expect([...kindsOf(get(code), "id-validation")].sort()).toEqual(expected);
    });
  }
});

describe("expired sessions", () => {
  const store = (made: string, modules: Readonly<Record<string, string>> = {}) => ({
    "package.json": manifest({ express: "5.1.0", "express-session": "1.18.2", ...modules }),
    "app.js": `const session = require("express-session"); const app = require("express")(); app.use(session({ secret: process.env.S, ${made} })); app.listen(1);`,
  });
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] =
    [
      ["stay in the process", store(""), ["fault"]],
      [
        "leave Redis",
        store(`store: new (require("connect-redis").RedisStore)({ client })`),
        ["good"],
      ],
      [
        "stay in Redis without a time to live",
        store(`store: new (require("connect-redis").RedisStore)({ client, disableTTL: true })`),
        ["fault"],
      ],
      ["leave MongoDB", store(`store: require("connect-mongo").create({ mongoUrl })`), ["good"]],
      [
        "stay in MongoDB where that is switched off",
        store(`store: require("connect-mongo").create({ mongoUrl, autoRemove: "disabled" })`),
        ["fault"],
      ],
      [
        "stay in PostgreSQL where that is switched off",
        store(
          `store: new (require("connect-pg-simple")(session))({ pool, pruneSessionInterval: false })`,
        ),
        ["fault"],
      ],
      [
        "stay in a cache without a timer",
        store(`store: new (require("memorystore")(session))({ max: 100 })`),
        ["fault"],
      ],
      [
        "leave a cache with one",
        store(`store: new (require("memorystore")(session))({ checkPeriod: 86400000 })`),
        ["good"],
      ],
      ["are not known of a store of its own", store(`store: makeStore()`), []],
      ["leave the stores of Holdfast", holdfast(""), ["good"]],
      ["stay where its sweep is off", holdfast("sweep: false"), ["fault"]],
    ];
  for (const [title, files, expected] of cases) {
    it(title, () => {
      expect(kindsOf(files, "expired-data")).toEqual(expected);
    });
  }
});

describe("a rotation from time to time", () => {
  const use = (code: string): Readonly<Record<string, string>> =>
    expressApp(`${code} app.get("/", (req, res) => res.end());`);
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] =
    [
      [
        "is behind a comparison",
        use(
          `app.use((req, res, next) => { if (Date.now() - req.session.rotatedAt > 900000) return req.session.regenerate(() => next()); next(); });`,
        ),
        ["good"],
      ],
      [
        "is behind a way out",
        use(
          `function rotate(req, res, next) { const isFresh = Date.now() - req.session.changedAt < 900000; if (isFresh) return next(); req.session.regenerate(next); } app.use(rotate);`,
        ),
        ["good"],
      ],
      [
        "is none in a function that nobody uses",
        use(
          `function rotate(req, res, next) { if (Date.now() - req.session.changedAt < 900000) return next(); req.session.regenerate(next); }`,
        ),
        [],
      ],
      [
        "is none where the sign-in changes the id",
        use(
          `app.post("/login", async (req, res) => { if (!(await bcrypt.compare(req.body.p, user.hash))) return res.end(); req.session.regenerate(() => { req.session.userId = 1; req.session.signedInAt = Date.now(); res.end(); }); });`,
        ),
        [],
      ],
      [
        "is none where an old session ends",
        use(
          `app.use((req, res, next) => { if (Date.now() - req.session.signedInAt > 86400000) return req.session.destroy(next); next(); });`,
        ),
        [],
      ],
      ["is Holdfast's own", holdfast(""), ["good"]],
    ];
  for (const [title, files, expected] of cases) {
    it(title, () => {
      expect(kindsOf(files, "periodic-rotation")).toEqual(expected);
    });
  }
  it("says how often Holdfast is told to", () => {
    const { observations } = evidenceOf(holdfast("policy: { rotationIntervalSeconds: 300 }"));
    expect(observations.find(({ topic }) => topic === "periodic-rotation")?.value).toBe(
      "every 300 seconds",
    );
  });
});

describe("the number of an account's sessions", () => {
  const login = (code: string, more = ""): Readonly<Record<string, string>> =>
    expressApp(`${more} app.post("/login", async (req, res) => { ${code} res.end(); });`);
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] =
    [
      [
        "is counted in a list",
        login(
          "const sessions = await list(user.id); if (sessions.length >= 5) await destroySession(sessions[0]);",
        ),
        ["good"],
      ],
      [
        "is counted by a name",
        login(
          "const count = await redis.scard(key); if (count > MAX_SESSIONS) throw new Error('too many');",
        ),
        ["good"],
      ],
      [
        "is one, by the account's own word",
        login(
          "",
          `app.use((req, res, next) => { if (req.user.currentSessionId !== req.sessionID) return req.session.destroy(next); next(); });`,
        ),
        ["good"],
      ],
      [
        "is none where there are any at all",
        login("if (sessions.length > 0) await destroySession(sessions[0]);"),
        [],
      ],
      ["is none where nothing ends", login("if (sessions.length > 5) res.locals.many = true;"), []],
      [
        "is none where an id is too long",
        login("if (req.sessionID.length > 64) throw new Error('bad');"),
        [],
      ],
      ["is Holdfast's own", holdfast(""), ["good"]],
      [
        "is open where Holdfast is told so",
        holdfast("policy: { sessionsPerSubject: 0 }"),
        ["fault"],
      ],
    ];
  for (const [title, files, expected] of cases) {
    it(title, () => {
      expect(kindsOf(files, "concurrent-sessions")).toEqual(expected);
    });
  }
});
