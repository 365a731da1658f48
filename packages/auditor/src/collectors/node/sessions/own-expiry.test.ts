import { describe, expect, it } from "vitest";
import { evidenceOf, manifest } from "../testing.ts";

const app = (code: string): Readonly<Record<string, string>> => ({
  "package.json": manifest({ express: "5.1.0", "cookie-session": "2.1.1" }),
  "app.js": `const express = require("express"); const app = express(); app.use(require("cookie-session")({ keys: [process.env.K] })); app.use(async (req, res, next) => { const session = await Sessions.byToken(req.session.token); ${code} next(); }); app.listen(1);`,
});

describe("a session of the application's own behind a cookie-session", () => {
  it("ends by its own expiry, which is to be looked at", () => {
    const { idle } =
      evidenceOf(app("if (session.expiresAt < new Date()) return res.redirect('/');"))
        .sessions[0] ?? {};
    expect(idle).toMatchObject({ keptBy: "application", seconds: { value: undefined } });
  });
  it("never ends where nothing compares it", () => {
    const { idle } = evidenceOf(app("session.expiresAt = new Date();")).sessions[0] ?? {};
    expect(idle).toMatchObject({ keptBy: "nobody", seconds: { value: "never" } });
  });
});

describe("a setting in production", () => {
  const secure = (files: Readonly<Record<string, string>>): unknown =>
    evidenceOf({
      "package.json": manifest({
        fastify: "5.0.0",
        "@fastify/session": "11.0.0",
        "@fastify/env": "5.0.0",
      }),
      ...files,
    }).sessions[0]?.cookie.secure.value;
  const fastify = (schema: string): Readonly<Record<string, string>> => ({
    "app.js": `import fastify from "fastify"; import env from "@fastify/env"; import session from "@fastify/session"; const app = fastify(); await app.register(env, { schema: { type: "object", ${schema} } }); app.register(session, { secret: app.config.S, cookie: { secure: app.config.NODE_ENV === "production" } }); app.listen({ port: 1 });`,
  });
  it("is absent where the checked environment leaves its variable out", () => {
    expect(secure(fastify(`properties: { S: { type: "string" } }`))).toBe("never");
  });
  it("is what the variable says where the schema names it or keeps all", () => {
    expect(
      secure(fastify(`properties: { S: { type: "string" }, NODE_ENV: { type: "string" } }`)),
    ).not.toBe("never");
    expect(
      secure(fastify(`properties: { S: { type: "string" } }, additionalProperties: true`)),
    ).not.toBe("never");
  });
  it("is one of several environments", () => {
    const files = {
      "app.js": `import fastify from "fastify"; import session from "@fastify/session"; const app = fastify(); app.register(session, { secret: process.env.S, cookie: { secure: ["production", "staging"].includes(process.env.NODE_ENV) } }); app.listen({ port: 1 });`,
    };
    expect(secure(files)).toBe("when-https");
  });
  it("is what a workspace's own package of settings reads by default", () => {
    const files = {
      "app.js": `import fastify from "fastify"; import settings from "@shop/settings"; import session from "@fastify/session"; const app = fastify(); app.register(session, { secret: process.env.S, cookie: { secure: settings.secureCookie } }); app.listen({ port: 1 });`,
      "config/settings.defaults.js": `module.exports = { secureCookie: false };`,
    };
    expect(secure(files)).toBe("never");
  });
});
