import { describe, expect, it } from "vitest";
import { evidenceOf, expressApp } from "../testing.ts";

const LOGIN = `async (req, res) => { const user = await users.findByName(req.body.name); if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401); req.session.userId = user.id; }`;

describe("cross-site requests", () => {
  const covers: readonly (readonly [string, string, string | undefined])[] = [
    ["nothing", `app.post("/login", ${LOGIN});`, "none"],
    [
      "a library before every route",
      `const csrf = require("csurf"); app.use(csrf()); app.post("/login", ${LOGIN});`,
      "protected",
    ],
    [
      "a library in a variable",
      `const { doubleCsrf } = require("csrf-csrf"); const { doubleCsrfProtection } = doubleCsrf({}); app.use(doubleCsrfProtection); app.post("/login", ${LOGIN});`,
      "protected",
    ],
    [
      "a library after the sign-in",
      `app.post("/login", ${LOGIN}); app.use(require("csurf")()); app.post("/buy", (req, res) => {});`,
      "partial",
    ],
    [
      "a library on one route",
      `const csrf = require("csurf")(); app.post("/login", csrf, ${LOGIN}); app.post("/buy", (req, res) => {});`,
      "partial",
    ],
    [
      "a library that is only a comment",
      `/* app.use(require("csurf")()) */ app.post("/login", ${LOGIN});`,
      "none",
    ],
    [
      "lusca without its check",
      `app.use(require("lusca")({ xframe: "DENY" })); app.post("/login", ${LOGIN});`,
      "none",
    ],
    [
      "a comparison of its own",
      `app.use((req, res, next) => { if (req.method === "POST" && req.body._csrf !== req.session.csrf) return res.status(403).end(); next(); }); app.post("/login", ${LOGIN});`,
      "protected",
    ],
    [
      "no request that changes anything",
      `app.get("/", (req, res) => res.send("hello"));`,
      undefined,
    ],
  ];
  for (const [title, code, expected] of covers) {
    it(`sees ${title}`, () => {
      expect(evidenceOf(expressApp(code)).csrf?.cover).toBe(expected);
    });
  }
});

describe("throttling", () => {
  const limits: readonly (readonly [string, string, boolean | undefined])[] = [
    ["nothing", `app.post("/login", ${LOGIN});`, false],
    [
      "a limiter on the route",
      `const limit = require("express-rate-limit"); const few = limit({ max: 5 }); app.post("/login", few, ${LOGIN});`,
      true,
    ],
    [
      "a limiter on another route",
      `const limit = require("express-rate-limit"); const few = limit({ max: 5 }); app.post("/search", few, (req, res) => {}); app.post("/login", ${LOGIN});`,
      false,
    ],
    [
      "a slow limiter before everything",
      `app.use(require("express-rate-limit")({ windowMs: 900000, max: 100 })); app.post("/login", ${LOGIN});`,
      true,
    ],
    [
      "a fast limiter before everything",
      `app.use(require("express-rate-limit")({ windowMs: 60000, max: 500 })); app.post("/login", ${LOGIN});`,
      undefined,
    ],
    [
      "a count of failures",
      `app.post("/login", async (req, res) => { const user = await users.findByName(1); if (user.failedAttempts > 5) return res.sendStatus(429); if (await bcrypt.compare(req.body.password, user.hash)) req.session.userId = user.id; });`,
      true,
    ],
  ];
  for (const [title, code, expected] of limits) {
    it(`sees ${title}`, () => {
      const { throttling } = evidenceOf(expressApp(code));
      expect(throttling).toBeDefined();
      expect(throttling?.present).toBe(expected);
    });
  }
  it("is no question where nobody signs in", () => {
    expect(
      evidenceOf(expressApp(`app.post("/buy", (req, res) => {});`)).throttling,
    ).toBeUndefined();
  });
});

describe("the log of sign-ins", () => {
  const handler = (success: string, failure: string) =>
    `app.post("/login", async (req, res) => { const user = await users.findByName(req.body.name); if (!(await bcrypt.compare(req.body.password, user.hash))) { ${failure} return res.sendStatus(401); } req.session.userId = user.id; ${success} });`;
  const logs: readonly (readonly [string, string, readonly (boolean | undefined)[]])[] = [
    [
      "both",
      handler(
        `logger.info("signed in", user.id);`,
        `logger.warn("wrong password", req.body.name);`,
      ),
      [true, true],
    ],
    ["success alone", handler(`logger.info({ event: "login", id: user.id });`, ""), [true, false]],
    ["failure alone", handler("", `logger.warn("failed login");`), [false, true]],
    ["neither", handler("", ""), [false, false]],
    [
      "faults of the program as neither",
      `app.post("/login", async (req, res) => { try { if (await bcrypt.compare(req.body.password, "h")) req.session.userId = 1; } catch (error) { console.error(error); } });`,
      [false, false],
    ],
  ];
  for (const [title, code, expected] of logs) {
    it(`has ${title}`, () => {
      const { auditLog } = evidenceOf(expressApp(code));
      expect([auditLog?.success.present, auditLog?.failure.present]).toEqual(expected);
    });
  }
});

describe("remember-me", () => {
  const cookies: readonly (readonly [string, string, string | undefined])[] = [
    [
      "a random token",
      `app.post("/login", (req, res) => { const token = require("crypto").randomBytes(32).toString("hex"); res.cookie("remember_me", token, { httpOnly: true, secure: true, maxAge: 1000 }); });`,
      "random-token",
    ],
    [
      "a name that anybody can write",
      `app.post("/login", (req, res) => { res.cookie("rememberMe", user.id, { maxAge: 1000 }); });`,
      "plain",
    ],
    [
      "a password",
      `app.post("/login", (req, res) => { res.cookie("remember", req.body.password); });`,
      "password",
    ],
    ["nothing", `app.post("/login", (req, res) => { res.cookie("theme", "dark"); });`, undefined],
  ];
  for (const [title, code, expected] of cookies) {
    it(`keeps ${title}`, () => {
      expect(evidenceOf(expressApp(code)).rememberMe?.scheme).toBe(expected);
    });
  }
  it("knows that the cookie function sets no flag by itself", () => {
    const { rememberMe } = evidenceOf(expressApp(cookies[1]?.[1] ?? ""));
    expect([
      rememberMe?.httpOnly.value,
      rememberMe?.secure.value,
      rememberMe?.lifetimeSeconds.value,
    ]).toEqual([false, "never", 1]);
  });
});

describe("observations", () => {
  const seen: readonly (readonly [string, string, string])[] = [
    ["trust in every proxy", `app.set("trust proxy", true);`, "proxy-trust fault"],
    ["trust in one proxy", `app.set("trust proxy", 1);`, "proxy-trust good"],
    ["helmet", `app.use(require("helmet")());`, "transport-security good"],
    [
      "helmet without its header",
      `app.use(require("helmet")({ hsts: false }));`,
      "transport-security fault",
    ],
    [
      "cookies in the log",
      `app.use((req, res, next) => { console.log(req.headers); next(); });`,
      "token-in-log fault",
    ],
    [
      "a session that the sender fills",
      `app.post("/", (req, res) => { Object.assign(req.session, req.body); });`,
      "deserialization fault",
    ],
    [
      "the body as a whole in the session",
      `app.post("/", (req, res) => { req.session.form = req.body; });`,
      "session-data fault",
    ],
    [
      "the id in an answer",
      `app.get("/", (req, res) => { res.json({ id: req.sessionID }); });`,
      "token-exposure fault",
    ],
    [
      "a token in web storage",
      `function keep(token) { localStorage.setItem("token", token); }`,
      "web-storage fault",
    ],
  ];
  for (const [title, code, expected] of seen) {
    it(`tells ${title}`, () => {
      const { observations } = evidenceOf(expressApp(code));
      // What every application on the library shows.
      const others = observations.filter(({ origin }) => origin?.kind !== "default");
      const own = others.filter(({ topic }) => topic !== "eager-sessions");
      expect(own.map(({ topic, kind }) => `${topic} ${kind}`)).toEqual([expected]);
    });
  }
  it("tells versions with known weaknesses", () => {
    const { observations } = evidenceOf(expressApp("", { passport: "0.5.3", csurf: "1.11.0" }));
    const versions = observations.filter(({ topic }) => topic === "supported-version");
    expect(versions.map(({ what }) => what.split(" ").slice(2, 4).join(" "))).toEqual([
      "passport 0.5.3",
      "csurf 1.11.0",
    ]);
  });
});
