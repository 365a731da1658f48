/**
 * Cookies of the application's own in other frameworks than Express: what each does by itself.
 * @module
 */
import { describe, expect, it } from "vitest";
import { evidenceOf, manifest } from "../testing.ts";

const KEY = "process.env.SIGNING_KEY";

describe("Fastify", () => {
  const app = (register: string, more = ""): Readonly<Record<string, string>> => ({
    "package.json": manifest({
      fastify: "5.2.0",
      "@fastify/jwt": "9.0.2",
      "@fastify/cookie": "11.0.1",
    }),
    "app.js": `
      const fastify = require("fastify")();
      const bcrypt = require("bcrypt");
      fastify.register(require("@fastify/cookie"));
      fastify.register(require("@fastify/jwt"), ${register});
      fastify.post("/login", async (request, reply) => {
        if (!(await bcrypt.compare(request.body.password, "hash"))) return reply.code(401).send();
        const ticket = await reply.jwtSign({ name: request.body.name });
        reply.setCookie("ticket", ticket, { httpOnly: true, secure: true, maxAge: 3600 }).send();
      });
      ${more}
      fastify.listen({ port: 3000 });
    `,
  });

  it("takes the token from the cookie that its plug-in is told", () => {
    const { sessions } = evidenceOf(
      app(
        `{ secret: ${KEY}, cookie: { cookieName: "ticket", signed: false }, sign: { expiresIn: "1h" } }`,
        `fastify.addHook("onRequest", async (request) => request.jwtVerify());`,
      ),
    );
    expect(sessions).toMatchObject([
      {
        library: "a cookie of the application's own (@fastify/jwt 9.0.2)",
        isStateless: true,
        cookie: {
          secure: { value: "always" },
          httpOnly: { value: true },
          sameSite: { value: "unset" },
          lifetimeSeconds: { value: 3600 },
          path: { value: "" },
        },
        idle: { keptBy: "application", seconds: { value: 3600 } },
        secrets: [{ source: "environment" }],
      },
    ]);
  });

  it("takes it from the header where no cookie is named", () => {
    const hook = `fastify.addHook("onRequest", async (request) => request.jwtVerify());`;
    expect(evidenceOf(app(`{ secret: ${KEY} }`, hook)).sessions).toEqual([]);
  });
});

describe("Koa", () => {
  it("sets HttpOnly by itself and Secure by the connection", () => {
    const { sessions, signOuts } = evidenceOf({
      "package.json": manifest({ koa: "2.15.3", jsonwebtoken: "9.0.2" }),
      "app.js": `
        const Koa = require("koa");
        const Router = require("@koa/router");
        const jwt = require("jsonwebtoken");
        const bcrypt = require("bcrypt");
        const app = new Koa();
        const router = new Router();
        app.use(async (ctx, next) => {
          const badge = ctx.cookies.get("badge");
          if (badge) ctx.state.user = jwt.verify(badge, "a key in the code");
          await next();
        });
        router.post("/login", async (ctx) => {
          if (!(await bcrypt.compare(ctx.request.body.password, "hash"))) ctx.throw(401);
          ctx.cookies.set("badge", jwt.sign({ id: 1 }, "a key in the code"), { maxAge: 60000 });
        });
        router.post("/logout", (ctx) => {
          ctx.cookies.set("badge", null);
        });
        app.use(router.routes());
        app.listen(3000);
      `,
    });
    expect(sessions).toMatchObject([
      {
        cookie: {
          secure: { value: "when-https" },
          httpOnly: { value: true },
          lifetimeSeconds: { value: 60 },
        },
        idle: { keptBy: "nobody", seconds: { value: "never" } },
        secrets: [{ source: "literal" }],
      },
    ]);
    expect(signOuts).toMatchObject([{ effect: "cookie-cleared" }]);
  });
});

describe("Nest", () => {
  it("reads the cookie in a strategy that Passport verifies", () => {
    const { sessions, privilegeChanges } = evidenceOf({
      "package.json": manifest({
        "@nestjs/core": "11.0.1",
        "@nestjs/platform-express": "11.0.1",
        "@nestjs/jwt": "11.0.0",
        "passport-jwt": "4.0.1",
        express: "5.1.0",
      }),
      "src/main.ts": `
        import { NestFactory } from "@nestjs/core";
        import cookieParser from "cookie-parser";
        import { AuthModule } from "./auth.module";
        const app = await NestFactory.create(AuthModule);
        app.use(cookieParser());
        await app.listen(3000);
      `,
      "src/auth.module.ts": `
        import { Module } from "@nestjs/common";
        import { JwtModule } from "@nestjs/jwt";
        @Module({ imports: [JwtModule.register({ secret: process.env.JWT_KEY ?? "development", signOptions: { expiresIn: "15m" } })] })
        export class AuthModule {}
      `,
      "src/auth.service.ts": `
        import { Injectable } from "@nestjs/common";
        import { JwtService } from "@nestjs/jwt";
        import * as bcrypt from "bcrypt";
        @Injectable()
        export class AuthService {
          constructor(private readonly jwt: JwtService) {}
          async enter(name: string, password: string) {
            if (!(await bcrypt.compare(password, "hash"))) throw new Error("no");
            return { entry: await this.jwt.signAsync({ name }) };
          }
        }
      `,
      "src/auth.controller.ts": `
        import { Body, Controller, Post, Res } from "@nestjs/common";
        import type { Response } from "express";
        import { AuthService } from "./auth.service";
        @Controller("auth")
        export class AuthController {
          constructor(private readonly auth: AuthService) {}
          @Post("login")
          async login(@Body() body: { name: string; password: string }, @Res({ passthrough: true }) res: Response) {
            const { entry } = await this.auth.enter(body.name, body.password);
            res.cookie("entry", entry, { httpOnly: true, secure: process.env.NODE_ENV === "production", sameSite: "strict" });
          }
          @Post("logout")
          logout(@Res({ passthrough: true }) res: Response) {
            res.clearCookie("entry");
          }
        }
      `,
      "src/jwt.strategy.ts": `
        import { Injectable } from "@nestjs/common";
        import { PassportStrategy } from "@nestjs/passport";
        import { ExtractJwt, Strategy } from "passport-jwt";
        @Injectable()
        export class JwtStrategy extends PassportStrategy(Strategy) {
          constructor() {
            super({
              jwtFromRequest: ExtractJwt.fromExtractors([(req) => req?.cookies?.entry]),
              secretOrKey: process.env.JWT_KEY ?? "development",
            });
          }
          validate(payload: { name: string }) {
            return payload;
          }
        }
      `,
    });
    expect(sessions).toMatchObject([
      {
        library: "a cookie of the application's own (@nestjs/jwt 11.0.0)",
        place: { file: "src/auth.controller.ts" },
        cookie: { secure: { value: "when-https" }, sameSite: { value: "strict" } },
        idle: { keptBy: "application", seconds: { value: 900 } },
        secrets: [{ source: "fallback" }],
      },
    ]);
    expect(privilegeChanges).toMatchObject([{ kind: "password" }]);
  });
});

describe("Next", () => {
  const next = (proxy: string): Readonly<Record<string, string>> => ({
    "package.json": manifest({ next: "15.1.0", jose: "6.0.0" }),
    "lib/ticket.ts": `
      import { SignJWT, jwtVerify } from "jose";
      const key = new TextEncoder().encode(${KEY});
      export async function issue(id: string) {
        return new SignJWT({ id }).setProtectedHeader({ alg: "HS256" }).setExpirationTime("1d").sign(key);
      }
      export async function open(ticket: string) {
        const { payload } = await jwtVerify(ticket, key);
        return payload;
      }
    `,
    "app/login/actions.ts": `
      "use server";
      import { cookies } from "next/headers";
      import bcrypt from "bcrypt";
      import { issue } from "../../lib/ticket";
      export async function login(form: FormData) {
        if (!(await bcrypt.compare(String(form.get("password")), "hash"))) return { error: true };
        const jar = await cookies();
        jar.set("ticket", await issue("1"), { httpOnly: true, secure: true, sameSite: "lax", maxAge: 86400 });
      }
      export async function logout() {
        (await cookies()).delete("ticket");
      }
    `,
    "middleware.ts": proxy,
  });

  it("verifies the cookie in its middleware", () => {
    const { sessions, privilegeChanges, signOuts } = evidenceOf(
      next(`
        import { NextResponse, type NextRequest } from "next/server";
        import { open } from "./lib/ticket";
        export async function middleware(request: NextRequest) {
          const ticket = request.cookies.get("ticket")?.value;
          if (!ticket || !(await open(ticket))) return NextResponse.redirect(new URL("/login", request.url));
          return NextResponse.next();
        }
      `),
    );
    expect(sessions).toMatchObject([
      {
        library: "a cookie of the application's own (jose 6.0.0)",
        cookie: {
          name: { value: "ticket" },
          lifetimeSeconds: { value: 86_400 },
          path: { value: "/" },
        },
        idle: { keptBy: "application", seconds: { value: 86_400 } },
        secrets: [{ source: "environment" }],
      },
    ]);
    expect(privilegeChanges).toMatchObject([{ kind: "password" }]);
    expect(signOuts).toMatchObject([{ effect: "cookie-cleared" }]);
  });

  it("trusts no cookie by its being there", () => {
    const { sessions } = evidenceOf(
      next(`
        import { NextResponse, type NextRequest } from "next/server";
        export function middleware(request: NextRequest) {
          return request.cookies.has("ticket") ? NextResponse.next() : NextResponse.redirect("/login");
        }
      `),
    );
    expect(sessions).toEqual([]);
  });
});

describe("Hono", () => {
  it.each([
    ["its own middleware", `app.use("/api/*", jwt({ secret: ${KEY}, cookie: "stub" }));`, 1],
    [
      "one of the application's",
      `app.use(async (c, next) => { c.set("user", await verify(getCookie(c, "stub"), ${KEY})); await next(); });`,
      1,
    ],
    ["a header", `app.use("/api/*", jwt({ secret: ${KEY} }));`, 0],
  ])("takes the token by %s", (_, guard, count) => {
    const { sessions } = evidenceOf({
      "package.json": manifest({ hono: "4.6.0" }),
      "server.ts": `
        import { Hono } from "hono";
        import { serve } from "@hono/node-server";
        import { getCookie, setCookie } from "hono/cookie";
        import { jwt, sign, verify } from "hono/jwt";
        import bcrypt from "bcrypt";
        const app = new Hono();
        ${guard}
        app.post("/login", async (c) => {
          const { password } = await c.req.json();
          if (!(await bcrypt.compare(password, "hash"))) return c.text("", 401);
          setCookie(c, "stub", await sign({ id: 1, exp: Date.now() / 1000 + 60 }, ${KEY}), { maxAge: 60 });
          return c.text("");
        });
        serve(app);
      `,
    });
    expect(sessions).toHaveLength(count);
    for (const { cookie, idle } of sessions) {
      expect(cookie.lifetimeSeconds.value).toBe(60);
      expect(cookie.httpOnly.value).toBe(false);
      expect(idle).toMatchObject({ keptBy: "application", seconds: { value: undefined } });
    }
  });
});
