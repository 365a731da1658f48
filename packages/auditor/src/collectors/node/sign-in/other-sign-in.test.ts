import { describe, expect, it } from "vitest";
import { evidenceOf, expressApp, manifest } from "../testing.ts";

const judged = (files: Readonly<Record<string, string>>): readonly (boolean | undefined)[] => {
  const { throttling, auditLog } = evidenceOf(files);
  return [throttling?.present, auditLog?.success.present];
};

describe("a way in that writes no name into the session", () => {
  it("is a cookie of the application's own", () => {
    const login = (more: string): Readonly<Record<string, string>> =>
      expressApp(
        `app.post("/login", ${more} async (req, res) => { const user = await users.findByName(req.body.name); if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401); keep(res, user); res.redirect("/"); }); function keep(res, user) { res.cookie("who", user.id, { signed: true }); }`,
      );
    expect(judged(login(""))).toEqual([false, false]);
    expect(judged(login("rateLimiter,"))).toEqual([true, false]);
  });
  it("is a code after a guard of a provider, and the guard alone is slowed down by the provider", () => {
    const nest = (more: string): Readonly<Record<string, string>> => ({
      "package.json": manifest({
        "@nestjs/core": "11.0.0",
        "express-session": "1.18.2",
        passport: "0.7.0",
      }),
      "main.ts": `import session from "express-session"; const app = await NestFactory.create(AppModule); app.use(session({ secret: process.env.S, name: "shop" }));`,
      "guard.ts": `export class ShopGuard extends AuthGuard("shop") { async canActivate(context: ExecutionContext) { const ok = await super.canActivate(context); await super.logIn(context.switchToHttp().getRequest()); return ok; } } export class Signed extends ShopGuard { async canActivate(context: ExecutionContext) { return super.canActivate(context); } }`,
      "codes.controller.ts": more,
    });
    const code = `import { totp } from "otplib"; @Controller("second-factor") export class Codes { @Post("check") async enter(@Body() given: any, @Session() session: any) { const isRight = totp.verify({ token: given.code, secret: given.secret }); session.otpPassed = isRight; } }`;
    expect(judged(nest(code))).toEqual([false, false]);
    expect(judged(nest(""))).toEqual([undefined, false]);
    expect(evidenceOf(nest("")).privilegeChanges.map(({ kind }) => kind)).toEqual([
      "single-sign-on",
    ]);
  });
  it("is set by the service that a controller is given, whatever others are called alike", () => {
    const parts = ["Shop", "Press"].map(
      (name) =>
        `@Controller("${name}") export class ${name}Controller { constructor(private readonly service: ${name}Service) {} @Post("logIn") logIn(@Req() request: Request, @Res() response: Response) { return this.service.logIn(request, response); } } @Injectable() export class ${name}Service { logIn(request: Request, response: Response) { ${name === "Shop" ? `response.cookie("who", request.body.name);` : ""} } }`,
    );
    const files = (part: string | undefined): Readonly<Record<string, string>> => ({
      "package.json": manifest({ "@nestjs/core": "11.0.0", "express-session": "1.18.2" }),
      "main.ts": `import session from "express-session"; const app = await NestFactory.create(AppModule); app.use(session({ secret: process.env.S, name: "shop" }));`,
      "parts.ts": part ?? "",
    });
    expect(judged(files(parts.join("\n")))).toEqual([false, false]);
    expect(judged(files(parts[1]))).toEqual([undefined, undefined]);
  });
  it("is no cookie that signing out or choosing a theme sets, and none beside a known sign-in", () => {
    expect(
      judged(
        expressApp(
          `app.post("/theme", (req, res) => { res.cookie("theme", "dark"); res.end(); });`,
        ),
      ),
    ).toEqual([undefined, undefined]);
    expect(
      judged(
        expressApp(`app.post("/logout", (req, res) => { res.cookie("who", ""); res.end(); });`),
      ),
    ).toEqual([undefined, undefined]);
  });
});
