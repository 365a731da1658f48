import { describe, expect, it } from "vitest";
import { evidenceOf, expressApp, manifest } from "../testing.ts";

const login = (failed: string, signedIn: string): string =>
  `app.post("/login", async (req, res) => { const user = await users.findByName(req.body.name); if (!(await bcrypt.compare(req.body.password, user.hash))) { ${failed} return res.sendStatus(401); } req.session.userId = user.id; ${signedIn} res.redirect("/"); });`;

const seen = (files: Readonly<Record<string, string>>): readonly (boolean | undefined)[] => {
  const log = evidenceOf(files).auditLog;
  return [log?.success.present, log?.failure.present];
};

describe("a record of sign-ins", () => {
  const cases: readonly (readonly [string, string, string, readonly boolean[]])[] = [
    [
      "in a model for it",
      `await LoginHistory.create({ name: req.body.name, success: false });`,
      `await LoginHistory.create({ name: user.name, success: true });`,
      [true, true],
    ],
    [
      "by a handler of an audit trail",
      `await AuditLogHandler.promises.addEntry(user.id, "failed-password");`,
      `await AuditLogHandler.promises.addEntry(user.id, "login");`,
      [true, true],
    ],
    [
      "in a table for it",
      `await db.query("INSERT INTO login_events (name, ok) VALUES ($1, 'failed')", [req.body.name]);`,
      `await db.query("INSERT INTO audit_log (what, who) VALUES ('login', $1)", [user.id]);`,
      [true, true],
    ],
    ["of the success alone", "", `await auditLog.create({ what: "login" });`, [true, false]],
    [
      "of something else, on the way of the sign-in",
      `console.log("cookies", req.cookies); logger.warn("unknown hook", name);`,
      `await warm(); function warm() { logger.info("Successfully compiled templates"); }`,
      [false, false],
    ],
    [
      "at levels that production drops",
      `logger.debug("login failed", req.body.name);`,
      `logger.verbose("user logged in", user.id);`,
      [false, false],
    ],
    [
      "of a fault that a promise ends in",
      `await users.count().catch((error) => { logger.error("count failed: " + error); });`,
      `logger.info("user logged in", user.id);`,
      [true, false],
    ],
    [
      "in a table of something else",
      "",
      `await db.query("INSERT INTO orders (who) VALUES ($1)", [1]);`,
      [false, false],
    ],
  ];
  for (const [title, failed, signedIn, expected] of cases) {
    it(`is ${String(expected)} ${title}`, () => {
      expect(seen(expressApp(login(failed, signedIn)))).toEqual(expected);
    });
  }
  it("holds the refusal of a provider, which comes as an exception of the exchange", () => {
    const callback = (caught: string): Readonly<Record<string, string>> =>
      expressApp(
        `app.get("/callback", async (req, res) => { try { const found = await client.callback(req.query.code); req.session.user = found; logger.info("signed in", found.id); res.redirect("/"); } catch (error) { ${caught} res.redirect("/login"); } });`,
      );
    expect(seen(callback("logger.error(error);"))).toEqual([true, true]);
    expect(seen(callback(""))).toEqual([true, false]);
  });
  it("is one of every strategy, not of one among several", () => {
    const strategy = (name: string, log: string): string =>
      `passport.use("${name}", new Strategy({}, async (token, more, profile, done) => { const user = await users.findByName(profile.id); ${log} done(null, user); }));`;
    const app = (first: string, second: string): Readonly<Record<string, string>> =>
      expressApp(
        `const passport = require("passport"); const { Strategy } = require("passport-oauth2"); ${strategy("one", first)} ${strategy("two", second)} app.get("/one/callback", passport.authenticate("one")); app.get("/two/callback", passport.authenticate("two"));`,
        { passport: "0.7.0", "passport-oauth2": "1.8.0" },
      );
    const log = `logger.info("user logged in", user.id);`;
    expect(seen(app(log, log))[0]).toBe(true);
    expect(seen(app(log, ""))[0]).toBe(false);
  });
  it("is read in what compares the credentials for next-auth", () => {
    const files = (body: string): Readonly<Record<string, string>> => ({
      "package.json": manifest({ next: "15.0.0", "next-auth": "4.24.11" }),
      "app/page.tsx": "export default function Page() { return null; }",
      "auth.ts": `import NextAuth from "next-auth"; import Credentials from "next-auth/providers/credentials"; const providers = []; providers.push(Credentials({ credentials: {}, async authorize(given) { const user = await find(given.name); ${body} } })); export default NextAuth({ providers });`,
    });
    const logged = files(
      `if (!(await matches(given.password, user.hash))) { logger.warn("sign-in failed", given.name); return null; } logger.info("user logged in", user.id); return user;`,
    );
    expect(seen(logged)).toEqual([true, true]);
    expect(evidenceOf(logged).throttling?.present).toBe(false);
    const limited = files(`await rateLimit(given.name); return user;`);
    expect(seen(limited)).toEqual([false, false]);
    expect(evidenceOf(limited).throttling?.present).toBe(true);
  });
});

describe("a sign-in", () => {
  const found = (write: string, more: Readonly<Record<string, string>> = {}): readonly string[] =>
    evidenceOf({
      ...expressApp(
        `const helper = require("./helper"); app.post("/login", async (req, res) => { const user = await users.findByName(req.body.name); if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401); ${write} res.redirect("/"); });`,
      ),
      ...more,
    }).privilegeChanges.map(({ kind, rotation }) => `${kind} ${rotation}`);
  it("is known by what is written, under whatever key", () => {
    expect(found("req.session.me = user;")).toEqual(["password none"]);
    expect(found("req.session.data = { userId: user.id };")).toEqual(["password none"]);
    expect(found("req.session.account_id = user.id;")).toEqual(["password none"]);
  });
  it("is no account that is kept beside it, or for later", () => {
    expect(found("req.session.registration = user;")).toEqual([]);
    expect(found("req.session.views = 1;")).toEqual([]);
  });
  it("is made by a function that is given the session", () => {
    const helper = { "helper.js": `exports.keep = (session, user) => { session.loggedIn = 1; };` };
    expect(found("helper.keep(req.session, user);", helper)).toEqual(["password none"]);
    expect(
      found("keep(user.name, req.session); function keep(name, sess) { sess.loggedIn = name; }"),
    ).toEqual(["password none"]);
  });
  it("is no sign-in to write 0 into the session", () => {
    const code = `app.get("/away", (req, res) => { req.session.loggedIn = 0; res.end(); });`;
    expect(evidenceOf(expressApp(code)).privilegeChanges).toEqual([]);
  });
});
