import { describe, expect, it } from "vitest";
import type { Evidence, SessionEvidence } from "../../../evidence.ts";
import { evidenceOf, manifest } from "../testing.ts";

function sessionOf(
  dependencies: Readonly<Record<string, string>>,
  code: string,
  more: Readonly<Record<string, string>> = {},
): SessionEvidence {
  const { sessions } = evidenceOf({
    "package.json": manifest(dependencies),
    "src/app.ts": code,
    ...more,
  });
  const [session] = sessions;
  if (session === undefined || sessions.length > 1)
    throw new Error(`found ${sessions.length} sessions`);
  return session;
}

/** What decides most verdicts, in one line. */
function summary({
  cookie,
  storage,
  idle,
  secrets,
  isStateless,
  isEncrypted,
}: SessionEvidence): readonly unknown[] {
  return [
    cookie.secure.value,
    cookie.httpOnly.value,
    cookie.sameSite.value,
    cookie.name.value,
    cookie.lifetimeSeconds.value,
    storage.value,
    idle.seconds.value,
    idle.keptBy,
    secrets.map(({ source }) => source).join(),
    isStateless,
    isEncrypted.value,
  ];
}

const EXPRESS = { express: "5.0.0", "express-session": "1.18.2" };
const APP = `import express from "express"; import session from "express-session"; const app = express();`;

const libraries: readonly (readonly [
  string,
  Readonly<Record<string, string>>,
  string,
  readonly unknown[],
])[] = [
  [
    "express-session by its defaults",
    EXPRESS,
    `${APP} app.use(session({ secret: "x" }));`,
    [
      "never",
      true,
      "unset",
      "connect.sid",
      "session",
      "memory",
      "never",
      "nobody",
      "literal",
      false,
      false,
    ],
  ],
  [
    "express-session in full",
    EXPRESS,
    `${APP} import { RedisStore } from "connect-redis";
     app.use(session({ key: "shop", secret: [process.env.A, process.env.B], store: new RedisStore({ ttl: 600 }), cookie: { secure: "auto", sameSite: true } }));`,
    [
      "when-https",
      true,
      "strict",
      "shop",
      "session",
      "redis",
      600,
      "application",
      "environment,environment",
      false,
      false,
    ],
  ],
  [
    "a store that is a function of the library, and a lifetime as an instant",
    EXPRESS,
    `${APP} const Store = require("connect-pg-simple")(session);
     app.use(session({ name: "shop", secret: process.env.S || "dev", store: new Store(), cookie: { secure: true, expires: new Date(Date.now() + 1000 * 60) } }));`,
    ["always", true, "unset", "shop", 60, "database", 60, "application", "fallback", false, false],
  ],
  [
    "connect-mongo that seals",
    EXPRESS,
    `${APP} import MongoStore from "connect-mongo";
     app.use(session({ secret: "x", store: MongoStore.create({ mongoUrl: "m", crypto: { secret: process.env.C } }) }));`,
    [
      "never",
      true,
      "unset",
      "connect.sid",
      "session",
      "documents",
      1_209_600,
      "store-default",
      "literal",
      false,
      true,
    ],
  ],
  [
    "cookie-session, whose name is no key",
    { express: "5.0.0", "cookie-session": "2.1.0" },
    `import express from "express"; import cookieSession from "cookie-session"; express().use(cookieSession({ key: "shop", keys: ["a", "b"], maxAge: 1000 }));`,
    [
      "when-https",
      true,
      "unset",
      "session",
      1,
      "cookie",
      "never",
      "nobody",
      "literal,literal",
      true,
      false,
    ],
  ],
  [
    "@fastify/session",
    { fastify: "5.0.0", "@fastify/session": "11.0.0" },
    `import session from "@fastify/session"; import fastify from "fastify"; const app = fastify(); app.register(session, { secret: process.env.S, cookieName: "shop" }); app.listen({});`,
    [
      "always",
      true,
      "unset",
      "shop",
      "session",
      "memory",
      "never",
      "nobody",
      "environment",
      false,
      false,
    ],
  ],
  [
    "@fastify/secure-session, which counts in seconds",
    { fastify: "5.0.0", "@fastify/secure-session": "8.0.0" },
    `import secure from "@fastify/secure-session"; import fs from "node:fs"; export default async (app) => { app.register(secure, { key: fs.readFileSync("key"), cookie: { maxAge: 60 } }); };`,
    ["never", true, "unset", "session", 60, "cookie", 86_400, "library", "file", true, true],
  ],
  [
    "@fastify/secure-session before it checked the age",
    { fastify: "4.0.0", "@fastify/secure-session": "7.1.0" },
    `import secure from "@fastify/secure-session"; export default async (app) => { app.register(secure, { key: process.env.K }); };`,
    [
      "never",
      true,
      "unset",
      "session",
      "session",
      "cookie",
      "never",
      "nobody",
      "environment",
      true,
      true,
    ],
  ],
  [
    "koa-session in the cookie",
    { koa: "3.0.0", "koa-session": "7.0.0" },
    `import Koa from "koa"; import session from "koa-session"; const app = new Koa(); app.keys = ["k"]; app.use(session({ sameSite: "lax" }, app));`,
    [
      "when-https",
      true,
      "lax",
      "koa.sess",
      86_400,
      "cookie",
      86_400,
      "library",
      "literal",
      true,
      false,
    ],
  ],
  [
    "koa-session with a store",
    { koa: "3.0.0", "koa-session": "7.0.0" },
    `import Koa from "koa"; import session from "koa-session"; const app = new Koa(); app.keys = [process.env.K]; class Store { async get(k) { return redis.get(k); } async set(k, v) { redis.setex(k, 1, v); } async destroy(k) {} } app.use(session(app, { key: "shop", store: new Store(), maxAge: 60000 }));`,
    [
      "when-https",
      true,
      "unset",
      "shop",
      60,
      "redis",
      60,
      "application",
      "environment",
      false,
      false,
    ],
  ],
  [
    "koa-generic-session",
    { koa: "2.0.0", "koa-generic-session": "2.3.0" },
    `import * as Koa from "koa"; import * as session from "koa-generic-session"; import * as redisStore from "koa-redis"; const app = new Koa(); app.keys = ["k"]; app.use(session({ key: "shop", store: redisStore({}) }));`,
    [
      "when-https",
      true,
      "unset",
      "shop",
      "session",
      "redis",
      86_400,
      "store-default",
      "literal",
      false,
      false,
    ],
  ],
  [
    "iron-session, whose cookie counts in seconds",
    { next: "15.0.0", "iron-session": "8.0.0" },
    `import { getIronSession } from "iron-session"; const options = { password: process.env.P ?? "0123456789abcdef0123456789abcdef", cookieName: "shop", cookieOptions: { secure: process.env.NODE_ENV === "production", maxAge: 2592000000 } }; export const open = (a, b) => getIronSession(a, b, options);`,
    [
      "when-https",
      true,
      "lax",
      "shop",
      2_592_000_000,
      "cookie",
      1_209_600,
      "library",
      "fallback",
      true,
      true,
    ],
  ],
  [
    "hono-sessions, which sets no flag",
    { hono: "4.0.0", "hono-sessions": "0.8.0" },
    `import { Hono } from "hono"; import { sessionMiddleware, CookieStore } from "hono-sessions"; const app = new Hono(); app.use("*", sessionMiddleware({ store: new CookieStore(), encryptionKey: process.env.K, expireAfterSeconds: 900 })); export default app;`,
    [
      "never",
      false,
      "unset",
      "session",
      "session",
      "cookie",
      900,
      "application",
      "environment",
      true,
      true,
    ],
  ],
  [
    "better-auth by its defaults",
    { hono: "4.0.0", "better-auth": "1.3.0" },
    `import { betterAuth } from "better-auth"; export const auth = betterAuth({ advanced: { cookiePrefix: "shop" } });`,
    [
      "when-https",
      true,
      "lax",
      "shop.session_token",
      604_800,
      "database",
      604_800,
      "library",
      "environment",
      false,
      false,
    ],
  ],
  [
    "holdfast by its defaults",
    { express: "5.0.0", holdfast: "0.1.0" },
    `import { createKeyring, createSessions } from "holdfast"; import { sqliteStore } from "holdfast/stores/sqlite"; export const sessions = createSessions({ keyring: createKeyring({ file: "k" }), store: sqliteStore(db) });`,
    [
      "always",
      true,
      "lax",
      "__Host-sid",
      "session",
      "database",
      1800,
      "library",
      "file",
      false,
      true,
    ],
  ],
];

describe("sessions", () => {
  for (const [title, dependencies, code, expected] of libraries) {
    it(`reads ${title}`, () => {
      expect(summary(sessionOf(dependencies, code))).toEqual(expected);
    });
  }

  it("reads next-auth, whose route is a file of its own", () => {
    const evidence = evidenceOf({
      "package.json": manifest({ next: "15.0.0", "next-auth": "4.24.0" }),
      "app/api/auth/[...nextauth]/route.ts": `import NextAuth from "next-auth"; import { authOptions } from "@/lib/auth"; const handler = NextAuth(authOptions); export { handler as GET, handler as POST };`,
      "lib/auth.ts": `export const authOptions = { session: { maxAge: 3600 }, secret: "abc", providers: [] };`,
    });
    expect(evidence.sessions.map(summary)).toEqual([
      [
        "when-https",
        true,
        "lax",
        "next-auth.session-token",
        3600,
        "cookie",
        3600,
        "application",
        "literal",
        true,
        true,
      ],
    ]);
    expect(evidence.stack).toBe("next-auth");
  });

  it("follows options that are made far from the call", () => {
    const session = sessionOf(
      EXPRESS,
      `${APP} import { setUp } from "../session/set-up"; setUp(app);`,
      {
        "src/session/set-up.ts": `
        import session from "express-session";
        import { SessionConfig } from "../../config";
        const config = new SessionConfig();
        export function setUp(app: Application) { app.use(session(config.options())); }`,
        "src/config.ts": `
        const base = { resave: false, cookie: { httpOnly: true } };
        export class SessionConfig {
          private readonly cookieName = "shop";
          options() { return { ...base, name: "shop", secret: process.env.S!, cookie: { ...base.cookie, secure: isProduction(), sameSite: "lax" as const } }; }
        }
        function isProduction() { return process.env.NODE_ENV === "production"; }`,
      },
    );
    expect(summary(session).slice(0, 4)).toEqual(["when-https", true, "lax", "shop"]);
    expect(session.cookie.sameSite.origin).toMatchObject({
      kind: "set",
      place: { file: "src/config.ts", line: 5 },
    });
  });

  it("says that a key of cookie-session is without effect", () => {
    const session = sessionOf(
      { express: "5.0.0", "cookie-session": "2.1.0" },
      `import express from "express"; import cookieSession from "cookie-session"; express().use(cookieSession({ key: "shop", secret: "s" }));`,
    );
    expect(session.cookie.name.withoutEffect?.why).toContain('no option "key"');
  });

  it("takes no option from a comment, and none from a set-up for development", () => {
    const session = sessionOf(
      EXPRESS,
      `${APP}
       if (process.env.NODE_ENV === "development") app.use(session({ secret: "dev", cookie: { secure: false } }));
       else app.use(session({ secret: process.env.S, cookie: { /* httpOnly: false, */ secure: true } }));`,
    );
    expect(summary(session).slice(0, 2)).toEqual(["always", true]);
  });

  it("says which variable a flag waits for", () => {
    const session = sessionOf(
      EXPRESS,
      `${APP} app.use(session({ secret: "s", cookie: { secure: process.env.TLS === "1" } }));`,
    );
    expect(session.cookie.secure).toMatchObject({
      value: "never",
      origin: { kind: "environment", name: "TLS" },
    });
  });

  const secrets: readonly (readonly [string, string, Readonly<Record<string, string>>, string])[] =
    [
      ["a constant", `"0123456789"`, {}, "literal"],
      ["a variable of a committed .env", "process.env.S", { ".env": "S=0123456789\n" }, "literal"],
      ["random bytes", `require("crypto").randomBytes(32).toString("hex")`, {}, "generated"],
      [
        "a constant that a start without the variable never reaches",
        "secret",
        { "src/check.ts": "if (!process.env.S) { throw new Error('S is missing'); }" },
        "environment",
      ],
      ["a file", `require("fs").readFileSync("/run/secrets/s", "utf8")`, {}, "file"],
    ];
  for (const [title, expression, more, expected] of secrets) {
    it(`knows a secret that is ${title}`, () => {
      const { secrets: found } = sessionOf(
        EXPRESS,
        `${APP} const secret = process.env.S || "0123456789"; app.use(session({ secret: ${expression} }));`,
        more,
      );
      expect(found.map(({ source }) => source)).toEqual([expected]);
      expect(JSON.stringify(found)).not.toContain("0123456789");
    });
  }

  const generators: readonly (readonly [string, number | undefined])[] = [
    ["() => crypto.randomUUID()", 122],
    ["() => require('crypto').randomBytes(16).toString('hex')", 128],
    ["(req) => String(Math.random())", 0],
    ["() => Date.now().toString(36)", 0],
    ["(req) => mystery(req)", undefined],
  ];
  for (const [generator, bits] of generators) {
    it(`counts ${bits} bits in ids made by ${generator}`, () => {
      expect(
        sessionOf(EXPRESS, `${APP} app.use(session({ secret: "s", genid: ${generator} }));`).idBits
          .value,
      ).toBe(bits);
    });
  }
});

describe("an application without sessions", () => {
  const judge = (evidence: Evidence) => [
    evidence.sessions.length,
    evidence.privilegeChanges.length,
    evidence.observations.length,
  ];

  it("has no evidence", () => {
    const evidence = evidenceOf({
      "package.json": manifest({ express: "5.0.0" }),
      "a.js": `require("express")().listen(1); localStorage.setItem("token", x);`,
    });
    expect(judge(evidence)).toEqual([0, 0, 0]);
    expect(evidence.unsupported).toEqual([]);
  });

  it("says that it signs in by a token of its own", () => {
    const evidence = evidenceOf({
      "package.json": manifest({ express: "5.0.0", jsonwebtoken: "9.0.0" }),
      "a.js": `const jwt = require("jsonwebtoken"); const app = require("express")(); app.post("/login", (req, res) => { res.cookie("token", jwt.sign({}, "k")); }); app.listen(1);`,
    });
    expect(judge(evidence)).toEqual([0, 0, 0]);
    expect(evidence.unsupported.join()).toContain("a.js signs in by a token of its own");
  });
});
