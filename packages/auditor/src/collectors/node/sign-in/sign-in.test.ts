import { describe, expect, it } from "vitest";
import type { Evidence, PrivilegeChange } from "../../../evidence.ts";
import { evidenceOf, expressApp } from "../testing.ts";

const signIns = ({ privilegeChanges }: Evidence): readonly PrivilegeChange[] =>
  privilegeChanges.filter(({ kind }) => kind !== "password-change" && kind !== "role-change");

const told = (code: string, dependencies: Readonly<Record<string, string>> = {}) =>
  signIns(evidenceOf(expressApp(code, dependencies))).map(
    ({ kind, rotation }) => `${kind} ${rotation}`,
  );

/** A sound sign-in: each mutant below changes one thing of it. */
const SOUND = `app.post("/login", async (req, res) => {
  const user = await users.findByName(req.body.name);
  if (!user || !(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401);
  req.session.regenerate((error) => {
    if (error) return res.sendStatus(500);
    req.session.userId = user.id;
    res.redirect("/");
  });
});`;

describe("sign-in", () => {
  it("sees the id change between check and identity", () => {
    expect(told(SOUND)).toEqual(["password rotated"]);
  });

  const mutants: readonly (readonly [string, string, string])[] = [
    [
      "the rotation left out",
      SOUND.replace("req.session.regenerate((error) => {", "save((error) => {"),
      "password none",
    ],
    [
      "the identity written first",
      `app.post("/login", async (req, res) => {
        const user = await users.findByName(req.body.name);
        if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401);
        req.session.userId = user.id;
        req.session.regenerate(() => res.redirect("/"));
      });`,
      "password old-session-kept",
    ],
    [
      "the rotation before the check",
      `app.post("/login", (req, res) => {
        req.session.regenerate(async () => {
          const user = await users.findByName(req.body.name);
          if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401);
          req.session.userId = user.id;
        });
      });`,
      "password before-check",
    ],
    [
      "the rotation on another way",
      `app.post("/login", async (req, res) => {
        const user = await users.findByName(req.body.name);
        if (!(await bcrypt.compare(req.body.password, user.hash))) { await renew(req.session.regenerate); return res.sendStatus(401); }
        req.session.userId = user.id;
      });`,
      "password none",
    ],
    [
      "the rotation in a comment",
      SOUND.replace(
        "req.session.regenerate((error) => {",
        "/* req.session.regenerate */ save((error) => {",
      ),
      "password none",
    ],
  ];
  for (const [title, code, expected] of mutants) {
    it(`notices ${title}`, () => {
      expect(told(code)).toEqual([expected]);
    });
  }

  const shapes: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "a rotation that is waited for",
      `app.post("/login", async (req, res) => {
        const user = await users.findByName(req.body.name);
        if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401);
        await promisify(req.session.regenerate.bind(req.session))();
        req.session.userId = user.id;
      });`,
      ["password rotated"],
    ],
    [
      "a rotation in a function of its own",
      `function renew(req) { return new Promise((resolve, reject) => req.session.regenerate((error) => (error ? reject(error) : resolve()))); }
      app.post("/login", async (req, res) => {
        const user = await users.findByName(req.body.name);
        if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401);
        await renew(req);
        req.session.user = { id: user.id };
      });`,
      ["password rotated"],
    ],
    [
      "the identity written by a function of two handlers",
      `function enter(req, user) { req.session.userId = user.id; }
      app.post("/login", async (req, res) => { if (await bcrypt.compare(req.body.password, (await users.findByName(1)).hash)) enter(req, user); });
      app.post("/register", async (req, res) => { const user = await users.createUser(req.body); req.session.regenerate(() => enter(req, user)); });`,
      ["password none", "registration rotated"],
    ],
    [
      "a class's method as a handler, and a service behind it",
      `class AuthService { async verifyUser(name, password) { const user = await users.findByName(name); return bcrypt.compareSync(password, user.hash) ? user : null; } }
      class AuthController { constructor(service) { this.service = service; }
        signin = async (req, res) => { const user = await this.service.verifyUser(req.body.name, req.body.password); if (user) req.session.user = user; } }
      const controller = new AuthController(new AuthService());
      app.post("/signin", controller.signin);`,
      ["password none"],
    ],
    [
      "a password compared by hand",
      `app.post("/enter", (req, res) => { if (req.body.password !== process.env.ADMIN_PASSWORD) return res.sendStatus(401); req.session.isAdmin = true; });`,
      ["password none"],
    ],
    [
      "a profile that is kept up to date as no sign-in",
      `app.post("/profile", async (req, res) => { const user = await users.findByName(req.session.user.name); req.session.user = user; req.session.user.theme = "dark"; });`,
      [],
    ],
    [
      "a cart as no identity",
      `app.post("/cart", (req, res) => { req.session.cart = req.body.items; });`,
      [],
    ],
    [
      "a callback of a provider",
      `app.get("/auth/callback", async (req, res) => { const tokens = await client.callback("u", req.query); req.session.user = await client.userinfo(tokens); });`,
      ["single-sign-on none"],
    ],
    [
      "impersonation",
      `app.post("/admin/impersonate/:id", async (req, res) => { const user = await users.findByName(req.params.id); req.session.userId = user.id; });`,
      ["impersonation none"],
    ],
  ];
  for (const [title, code, expected] of shapes) {
    it(`reads ${title}`, () => {
      expect(told(code)).toEqual(expected);
    });
  }

  const PASSPORT = `const passport = require("passport"); const { Strategy } = require("passport-local"); passport.use(new Strategy(async (name, password, done) => done(null, await users.findByName(name))));`;
  const versions: readonly (readonly [string | undefined, string])[] = [
    ["0.5.3", "none"],
    ["0.7.0", "rotated"],
    [undefined, "unknown"],
  ];
  for (const [version, rotation] of versions) {
    it(`judges Passport ${version} by its version`, () => {
      const dependencies: Record<string, string> =
        version === undefined ? {} : { passport: version };
      expect(
        told(
          `${PASSPORT} app.post("/login", passport.authenticate("local", { successRedirect: "/" }));`,
          dependencies,
        ),
      ).toEqual([`password ${rotation}`]);
      expect(
        told(
          `${PASSPORT} app.post("/login", (req, res, next) => passport.authenticate("local", (error, user) => req.logIn(user, () => res.redirect("/")))(req, res, next));`,
          dependencies,
        ),
      ).toEqual([`password ${rotation}`]);
    });
  }

  it("passes over strategies that keep no session", () => {
    const code = `${PASSPORT} app.post("/a", passport.authenticate("jwt")); app.post("/b", passport.authenticate("local", { session: false }));`;
    expect(told(code, { passport: "0.5.0" })).toEqual([]);
  });

  it("counts one sign-in for the two routes of a provider", () => {
    const code = `${PASSPORT} app.get("/auth/google", passport.authenticate("google", { scope: ["email"] })); app.get("/auth/google/callback", passport.authenticate("google", { failureRedirect: "/" }));`;
    expect(told(code, { passport: "0.5.0" })).toEqual(["single-sign-on none"]);
  });
});

describe("change of credentials", () => {
  const changes = (code: string) =>
    evidenceOf(expressApp(code))
      .privilegeChanges.filter(({ kind }) => kind.endsWith("-change"))
      .map(({ kind, rotation, others }) => `${kind} ${rotation} ${others}`);
  const shapes: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "nothing that happens to sessions",
      `app.post("/password", async (req, res) => { const user = await users.findByName(req.session.name); user.password = await bcrypt.hash(req.body.next, 10); await user.save(); });`,
      ["password-change none kept"],
    ],
    [
      "a rotation",
      `app.post("/password", async (req, res) => { await users.updatePassword(req.session.userId, req.body.next); req.session.regenerate(() => res.redirect("/")); });`,
      ["password-change rotated kept"],
    ],
    [
      "the end of all sessions",
      `app.post("/password", async (req, res) => { await User.update({ password: hash }, { where: { id: 1 } }); await revokeAllSessions(1); req.session.destroy(() => res.redirect("/")); });`,
      ["password-change rotated ended"],
    ],
    [
      "a new account as no change",
      `app.post("/register", async (req, res) => { const user = new User(); user.password = await bcrypt.hash(req.body.password, 10); await user.save(); });`,
      [],
    ],
    [
      "a role",
      `app.post("/users/:id/role", async (req, res) => { const user = await users.findByName(1); user.role = req.body.role; await user.save(); });`,
      ["role-change none kept"],
    ],
    [
      "a seed as no request",
      `async function seed() { const user = await users.findByName(1); user.password = await bcrypt.hash("x", 10); }`,
      [],
    ],
  ];
  for (const [title, code, expected] of shapes) {
    it(`reads ${title}`, () => {
      expect(changes(code)).toEqual(expected);
    });
  }
});

describe("sign-out", () => {
  const effects = (code: string, dependencies: Readonly<Record<string, string>> = {}) =>
    evidenceOf(expressApp(code, dependencies)).signOuts.map(({ effect }) => effect);
  const shapes: readonly (readonly [
    string,
    string,
    Readonly<Record<string, string>>,
    readonly string[],
  ])[] = [
    [
      "the end of the session",
      `app.post("/logout", (req, res) => req.session.destroy(() => res.redirect("/")));`,
      {},
      ["destroyed"],
    ],
    [
      "a key that is removed",
      `app.post("/logout", (req, res) => { delete req.session.userId; res.redirect("/"); });`,
      {},
      ["key-removed"],
    ],
    [
      "a key that is emptied",
      `app.post("/logout", (req, res) => { req.session.userId = null; });`,
      {},
      ["key-removed"],
    ],
    [
      "a cookie alone that is cleared",
      `app.post("/logout", (req, res) => { res.clearCookie("shop"); });`,
      {},
      ["nothing"],
    ],
    [
      "null, which express-session keeps",
      `app.post("/logout", (req, res) => { req.session = null; });`,
      {},
      ["nothing"],
    ],
    [
      "Passport before 0.6",
      `app.post("/logout", (req, res) => { req.logout(); });`,
      { passport: "0.5.3" },
      ["key-removed"],
    ],
    [
      "Passport from 0.6 on",
      `app.post("/logout", (req, res, next) => { req.logout((error) => next(error)); });`,
      { passport: "0.6.0" },
      ["destroyed"],
    ],
    ["no way out at all", `app.post("/buy", (req, res) => {});`, {}, []],
  ];
  for (const [title, code, dependencies, expected] of shapes) {
    it(`reads ${title}`, () => {
      expect(effects(code, dependencies)).toEqual(expected);
    });
  }
  it("is none by Passport for one request alone", () => {
    const code = (options: string): Readonly<Record<string, string>> =>
      expressApp(
        `app.post("/login", (req, res) => req.logIn(req.found, ${options} () => res.end()));`,
        { passport: "0.5.0" },
      );
    const kinds = (options: string): readonly string[] =>
      evidenceOf(code(options)).privilegeChanges.map(({ kind }) => kind);
    expect(kinds("{ session: false },")).toEqual([]);
    expect(kinds("{ session: true },")).toEqual(["password"]);
    expect(kinds("")).toEqual(["password"]);
  });
});
