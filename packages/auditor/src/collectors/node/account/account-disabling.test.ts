import { describe, expect, it } from "vitest";
import { expressApp, kindsOf } from "../testing.ts";

const signIn = (rest: string): string => `
  app.post("/login", async (req, res) => {
    const user = await users.findByName(req.body.name);
    if (!user || !(await bcrypt.compare(req.body.password, user.passwordHash))) return res.end();
    ${rest}
    req.session.regenerate(() => { req.session.userId = user.id; res.redirect("/"); });
  });`;
const asks = "if (user.banned) return res.end();";
const ban = (rest = ""): string => `
  app.post("/ban/:id", async (req, res) => {
    const user = await users.findById(req.params.id);
    user.banned = true;
    await user.save();
    ${rest}
    res.end();
  });`;

describe("disabling an account", () => {
  const guard = `app.use(async (req, res, next) => {
    const user = await users.findById(req.session.userId);
    if (user.banned) return res.end();
    next();
  });`;
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["asked at the sign-in alone", signIn(asks) + ban(), ["fault"]],
    ["asked at each request", signIn(asks) + guard + ban(), ["good"]],
    [
      "asked where Passport loads the account",
      `${signIn(asks) + ban()} passport.deserializeUser(async (id, done) => {
        const user = await users.findById(id);
        done(null, user.banned ? false : user);
      });`,
      ["good"],
    ],
    [
      "asked by the strategy for each token",
      `${signIn(asks) + ban()} passport.use(new JwtStrategy(options, async (payload, done) => {
        const user = await users.findById(payload.sub);
        done(null, user.banned ? false : user);
      }));`,
      ["good"],
    ],
    ["ends the sessions", signIn(asks) + ban("await endSessions(user.id);"), ["good"]],
    ["done by nobody", signIn(asks), []],
    ["never asked", signIn("") + ban(), []],
    [
      "asked somewhere else as well",
      `${signIn(asks) + ban()} function mayPost(user) { return !user.banned; }`,
      [],
    ],
  ];
  for (const [title, code, expected] of cases) {
    it(`is judged if it is ${title}`, () => {
      expect(kindsOf(expressApp(code), "account-disabling")).toEqual(expected);
    });
  }
});
