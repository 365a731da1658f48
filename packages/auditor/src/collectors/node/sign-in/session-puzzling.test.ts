import { expect, it } from "vitest";
import { expressApp, kindsOf } from "../testing.ts";

const signIn = `app.post("/login", async (req, res) => {
  currentUser = await users.findByName(req.body.name);
  res.end();
});`;
const read = `app.get("/me", (req, res) => res.json(currentUser));`;

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["of the module", `let currentUser; ${signIn} ${read}`, ["fault"]],
  ["that nobody reads", `let currentUser; ${signIn}`, []],
  ["that is emptied only", `let currentUser; ${signIn.replace(/await .*;/, "null;")} ${read}`, []],
  [
    "of the handler",
    `app.get("/me", async (req, res) => { let currentUser; currentUser = await users.findByName(req.query.name); res.json(currentUser); });`,
    [],
  ],
  [
    "of a function that answers nobody",
    `let currentUser; function load(name) { currentUser = users.findByName(name); } ${read}`,
    [],
  ],
];

for (const [title, code, expected] of cases) {
  it(`judges who is signed in, kept in a variable ${title}`, () => {
    expect(kindsOf(expressApp(code), "session-puzzling")).toEqual(expected);
  });
}

const guard = `const signedIn = (req, res, next) => { if (!req.session.userId) return res.end(); next(); };
  app.get("/home", signedIn, (req, res) => res.end());`;
const forgot = (rest: string): string => `app.post("/forgot", async (req, res) => {
  const user = await users.findByName(req.body.name);
  ${rest}
  res.end();
});`;
const steps: readonly (readonly [string, string, readonly string[]])[] = [
  ["writes what guards read", guard + forgot("req.session.userId = user.id;"), ["fault"]],
  ["writes a key of its own", guard + forgot("req.session.resetUserId = user.id;"), []],
  ["writes what no guard reads", forgot("req.session.userId = user.id;"), []],
  [
    "compares a code first",
    guard + forgot("if (req.body.code !== user.code) return; req.session.userId = user.id;"),
    [],
  ],
];

for (const [title, code, expected] of steps) {
  it(`judges a step for a forgotten password that ${title}`, () => {
    expect(kindsOf(expressApp(code), "session-puzzling")).toEqual(expected);
  });
}
