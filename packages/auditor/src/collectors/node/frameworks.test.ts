/**
 * The same questions about sign-in and sign-out, asked of every framework's way of writing handlers.
 * @module
 */
import { expect, it } from "vitest";
import type { Evidence } from "../../evidence.ts";
import { evidenceOf, manifest } from "./testing.ts";

const told = ({ privilegeChanges, signOuts }: Evidence): readonly string[] => [
  ...privilegeChanges.map(({ kind, rotation }) => `${kind} ${rotation}`),
  ...signOuts.map(({ effect }) => effect),
];

const applications: readonly (readonly [
  string,
  Readonly<Record<string, string>>,
  readonly string[],
])[] = [
  [
    "Koa",
    {
      "package.json": manifest({ koa: "3.0.0", "koa-session": "7.0.0" }),
      "app.js": `
        const Koa = require("koa"); const session = require("koa-session"); const Router = require("@koa/router");
        const app = new Koa(); app.keys = [process.env.K];
        app.use(session({ store: new (require("koa-redis"))() }, app));
        const router = new Router();
        router.post("/login", async (ctx) => {
          const user = await accounts.find(ctx.request.body.name);
          if (!user || !(await argon2.verify(user.hash, ctx.request.body.password))) ctx.throw(401);
          await ctx.session.regenerate(() => {});
          ctx.session.userId = user.id;
        });
        router.post("/logout", (ctx) => { ctx.session = null; ctx.redirect("/"); });
        app.use(router.routes()); app.listen(1);`,
    },
    ["password rotated", "destroyed"],
  ],
  [
    "Fastify with plug-ins and decorated services",
    {
      "package.json": manifest({ fastify: "5.0.0", "@fastify/session": "11.0.0" }),
      "app.ts": `import fastify from "fastify"; import session from "@fastify/session"; const app = fastify(); app.register(session, { secret: process.env.S }); app.register(import("./routes.js")); app.listen({});`,
      "routes.ts": `
        export default async function routes(fastify) {
          fastify.route({ method: "POST", url: "/login", handler: async (request, reply) => {
            const account = await fastify.accounts.byName(request.body.name);
            if (!(await fastify.hasher.verifyPassword(request.body.password, account.hash))) return reply.code(401).send();
            await request.session.regenerate();
            request.session.set("user", { id: account.id });
          } });
          fastify.post("/logout", async (request) => { await request.session.destroy(); });
        }`,
    },
    ["password rotated", "destroyed"],
  ],
  [
    "Hono",
    {
      "package.json": manifest({ hono: "4.0.0", "hono-sessions": "0.8.0" }),
      "app.ts": `
        import { Hono } from "hono"; import { sessionMiddleware } from "hono-sessions"; import { compare } from "bcryptjs";
        const app = new Hono(); app.use("*", sessionMiddleware({ store }));
        app.post("/login", async (c) => {
          const session = c.get("session"); const { name, password } = await c.req.parseBody();
          const user = await find(name);
          if (!(await compare(password, user.hash))) return c.text("no", 401);
          session.set("userId", user.id); return c.redirect("/");
        });
        app.post("/logout", (c) => { c.get("session").deleteSession(); return c.redirect("/"); });
        export default app;`,
    },
    ["password none", "destroyed"],
  ],
  [
    "Next with iron-session",
    {
      "package.json": manifest({ next: "15.0.0", "iron-session": "8.0.0" }),
      "lib/session.ts": `import { getIronSession } from "iron-session"; import { cookies } from "next/headers"; export async function getSession() { return getIronSession(await cookies(), { cookieName: "shop", password: process.env.P! }); }`,
      "app/api/login/route.ts": `import { getSession } from "@/lib/session"; import bcrypt from "bcrypt"; export async function POST(request: Request) { const { name, password } = await request.json(); const session = await getSession(); const user = await find(name); if (!(await bcrypt.compare(password, user.hash))) return new Response(null, { status: 401 }); session.user = { id: user.id }; await session.save(); return new Response(); }`,
      "app/api/logout/route.ts": `import { getSession } from "@/lib/session"; export async function POST() { const session = await getSession(); session.destroy(); return new Response(); }`,
    },
    ["password none", "cookie-cleared"],
  ],
  [
    "Nest with a guard of Passport",
    {
      "package.json": manifest({
        "@nestjs/core": "11.0.0",
        "@nestjs/platform-express": "11.0.0",
        "express-session": "1.18.0",
        passport: "0.7.0",
      }),
      "src/main.ts": `import { NestFactory } from "@nestjs/core"; import * as session from "express-session"; async function bootstrap() { const app = await NestFactory.create(AppModule); const config = app.get(ConfigService); app.use(session({ secret: config.get("S"), name: "shop" })); await app.listen(1); } bootstrap();`,
      "src/auth/local.guard.ts": `import { AuthGuard } from "@nestjs/passport"; export class LocalGuard extends AuthGuard("local") { async canActivate(context) { const result = await super.canActivate(context); const request = context.switchToHttp().getRequest(); await super.logIn(request); return result; } }`,
      "src/auth/auth.controller.ts": `import { Controller, Post, Req, UseGuards } from "@nestjs/common"; @Controller("auth") export class AuthController { @UseGuards(LocalGuard) @Post("login") login(@Req() req) { return req.user; } @Post("logout") logout(@Req() req) { req.session.destroy(() => {}); } }`,
    },
    ["password rotated", "destroyed"],
  ],
  [
    "Nest that writes the session itself, with a service behind the controller",
    {
      "package.json": manifest({
        "@nestjs/core": "11.0.0",
        "@nestjs/platform-express": "11.0.0",
        "express-session": "1.18.0",
      }),
      "src/main.ts": `import { NestFactory } from "@nestjs/core"; import session from "express-session"; async function bootstrap() { const app = await NestFactory.create(AppModule); app.use(session({ secret: process.env.S })); } bootstrap();`,
      "src/auth.service.ts": `import * as bcrypt from "bcrypt"; export class AuthService { async signIn(dto) { const user = await this.users.findOne(dto.name); if (!(await bcrypt.compare(dto.password, user.hash))) throw new UnauthorizedException(); return user; } }`,
      "src/auth.controller.ts": `import { Body, Controller, Post, Session } from "@nestjs/common"; @Controller() export class AuthController { constructor(private readonly authService: AuthService) {} @Post("signin") async signin(@Body() dto, @Session() session: Record<string, any>) { const user = await this.authService.signIn(dto); session.userId = user.id; return user; } @Post("signout") signout(@Session() session: any) { session.userId = null; } }`,
    },
    ["password none", "key-removed"],
  ],
  [
    "GraphQL resolvers that are given a context",
    {
      "package.json": manifest({ express: "5.0.0", "express-session": "1.18.0" }),
      "app.ts": `import express from "express"; import session from "express-session"; const app = express(); app.use(session({ secret: process.env.S })); app.listen(1);`,
      "resolvers.ts": `import argon2 from "argon2"; export class UserResolver { async login(args, { req }: Context) { const user = await User.findOne(args.name); if (!(await argon2.verify(user.password, args.password))) return null; req.session.userId = user.id; return user; } logout({ req }: Context) { return new Promise((done) => req.session.destroy(done)); } }`,
    },
    ["password none", "destroyed"],
  ],
  [
    "cookie-session, which holds nothing on the server",
    {
      "package.json": manifest({ express: "5.0.0", "cookie-session": "2.1.0" }),
      "app.js": `const express = require("express"); const cookieSession = require("cookie-session"); const app = express(); app.use(cookieSession({ keys: [process.env.K] })); app.post("/login", async (req, res) => { if (await bcrypt.compare(req.body.password, hash)) req.session.user = 1; }); app.post("/logout", (req, res) => { req.session = null; res.redirect("/"); }); app.listen(1);`,
    },
    ["password none", "cookie-cleared"],
  ],
  [
    "Passport's logIn as a promise",
    {
      "package.json": manifest({
        express: "5.0.0",
        "express-session": "1.18.0",
        passport: "0.5.3",
      }),
      "app.js": `const express = require("express"); const session = require("express-session"); const { promisify } = require("util"); const app = express(); app.use(session({ secret: process.env.S })); app.post("/login", async (req, res) => { const user = await accounts.check(req.body); if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401); await promisify(req.logIn.bind(req))(user); }); app.listen(1);`,
    },
    ["password none"],
  ],
  [
    "better-auth, which does all of it",
    {
      "package.json": manifest({ hono: "4.0.0", "better-auth": "1.3.0" }),
      "auth.ts": `import { betterAuth } from "better-auth"; export const auth = betterAuth({ emailAndPassword: { enabled: true } });`,
    },
    ["password rotated", "password-change none", "destroyed"],
  ],
];

for (const [title, files, expected] of applications) {
  it(`reads ${title}`, () => {
    expect(told(evidenceOf(files))).toEqual(expected);
  });
}

it("takes no longer than the files are worth, however entangled they are", () => {
  const names = Array.from({ length: 40 }, (_, index) => `v${index}`);
  const tangled = names
    .map((name) => `if (${names.join(" &&\n")}) { ${name} = ${names.join(" ||\n")}; }`)
    .join("\n");
  const evidence = evidenceOf({
    "package.json": manifest({ express: "5.0.0", "express-session": "1.18.0" }),
    "app.js": `const session = require("express-session"); const app = require("express")(); let ${names.map((name) => `${name} = {}`).join(", ")};\n${tangled}\napp.use(session({ secret: v1.secret, name: v2 }));`,
  });
  expect(evidence.sessions).toHaveLength(1);
});

const hostile: readonly (readonly [string, string])[] = [
  ["a chain without end", `x = ${"a +\n".repeat(20_000)} a;`],
  ["calls without end", `x = ${"f(\n".repeat(1500)}1${")".repeat(1500)};`],
  ["brackets without end", `x = ${"[\n".repeat(50_000)}`],
  ["members without end", `x = a${".b\n".repeat(20_000)};`],
  [
    "functions that call each other",
    "function f(req) { g(req); }\nfunction g(req) { f(req); req.session.user = 1; }",
  ],
];
for (const [title, code] of hostile) {
  it(`gets over ${title}`, () => {
    const evidence = evidenceOf({
      "package.json": manifest({ express: "5.0.0", "express-session": "1.18.0" }),
      "app.js": `const session = require("express-session"); const app = require("express")(); app.use(session({ secret: "s" }));`,
      "routes.js": `const app = require("express")();\napp.post("/login", (req, res) => { req.session.user = req.body.user; ${code} });`,
    });
    expect(evidence.sessions).toHaveLength(1);
  });
}
