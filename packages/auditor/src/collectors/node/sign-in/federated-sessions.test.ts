import { describe, expect, it } from "vitest";
import { expressApp, kindsOf, manifest } from "../testing.ts";

const strategy = (options: string, use = `passport.authenticate("google")`) =>
  expressApp(
    `const passport = require("passport"); const { Strategy } = require("passport-google-oauth20"); passport.use(new Strategy({ clientID: "x", ${options} }, (a, b, profile, done) => done(null, profile))); app.get("/auth", ${use});`,
    { passport: "0.7.0", "passport-google-oauth20": "2.0.0" },
  );
const callback = (code: string): Readonly<Record<string, string>> =>
  expressApp(
    `app.get("/oauth/callback", async (req, res) => { ${code} req.session.user = person; res.end(); });`,
  );
const fastify = (options: string): Readonly<Record<string, string>> => ({
  "package.json": manifest({
    fastify: "5.0.0",
    "@fastify/session": "11.0.0",
    "@fastify/oauth2": "8.1.0",
  }),
  "app.js": `import fastify from "fastify"; import session from "@fastify/session"; import oauth from "@fastify/oauth2"; const app = fastify(); app.register(session, { secret: process.env.S }); app.register(oauth, { name: "google", ${options} }); app.listen({ port: 1 });`,
});
const next = (provider: string): Readonly<Record<string, string>> => ({
  "package.json": manifest({ next: "15.0.0", "next-auth": "4.24.11" }),
  "app/page.tsx": "export default function Page() { return null; }",
  "auth.ts": `import NextAuth from "next-auth"; import Google from "next-auth/providers/google"; import Credentials from "next-auth/providers/credentials"; export default NextAuth({ providers: [${provider}] });`,
});

const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  ["is not bound by a strategy that is told nothing", strategy(""), ["fault"]],
  ["is bound by its state", strategy("state: true"), ["good"]],
  ["is bound by PKCE", strategy("pkce: true"), ["good"]],
  [
    "is not judged where a state is handed on by hand",
    strategy("", `passport.authenticate("google", { state: make() })`),
    [],
  ],
  ["is not judged where options cannot be followed", strategy("...options"), []],
  [
    "is not bound by an exchange of any code",
    callback("const { code } = req.query; const person = await exchangeCode(code);"),
    ["fault"],
  ],
  [
    "is bound by a state that is compared",
    callback(
      "if (req.query.state !== req.session.oauthState) return res.end(); const { code } = req.query; const person = await exchangeCode(code);",
    ),
    ["good"],
  ],
  ["is bound by the plug-in of Fastify", fastify(""), ["good"]],
  [
    "is not bound where its check is switched off",
    fastify("checkStateFunction: () => true"),
    ["fault"],
  ],
  ["is bound by Auth.js", next(`Google({ clientId: "x" })`), ["good"]],
  [
    "is not bound where its checks are switched off",
    next(`Google({ clientId: "x", checks: [] })`),
    ["fault"],
  ],
  ["is none where people have passwords alone", next(`Credentials({ authorize })`), []],
  ["is none where nobody else signs anybody in", expressApp(""), []],
];

describe("a sign-in by a provider", () => {
  for (const [title, files, expected] of cases) {
    it(title, () => {
      expect(kindsOf(files, "federated-sessions")).toEqual(expected);
    });
  }
  it("is judged by what openid-client is given to compare", () => {
    const client = (checks: string): Readonly<Record<string, string>> => ({
      ...expressApp(`require("./oidc")(app);`, { "openid-client": "5.7.0" }),
      "oidc.js": `const { Issuer } = require("openid-client"); module.exports = (app) => { app.get("/callback", async (req, res) => { const set = await client.callback(uri, client.callbackParams(req)${checks}); req.session.user = set.claims(); res.end(); }); };`,
    });
    expect(
      kindsOf(
        client(", { state: req.session.state, nonce: req.session.nonce }"),
        "federated-sessions",
      ),
    ).toEqual(["good"]);
    expect(kindsOf(client(""), "federated-sessions")).toEqual(["fault"]);
    expect(kindsOf(client(", {}"), "federated-sessions")).toEqual(["fault"]);
    expect(kindsOf(client(", checks"), "federated-sessions")).toEqual([]);
  });
});
