import { describe, expect, it } from "vitest";
import { evidenceOf, expressApp, manifest } from "../testing.ts";

const changes = (files: Readonly<Record<string, string>>): readonly string[] =>
  evidenceOf(files).privilegeChanges.map(({ kind, rotation }) => `${kind} ${rotation}`);

const nest = (users: string, dto: string) => ({
  "package.json": manifest({ "@nestjs/core": "11.0.0", "express-session": "1.18.2" }),
  "src/main.ts": `import { NestFactory } from "@nestjs/core"; import session from "express-session"; async function bootstrap() { const app = await NestFactory.create(AppModule); app.use(session({ secret: process.env.S })); await app.listen(1); } bootstrap();`,
  "src/members.controller.ts": `@Controller("users") export class MembersController { constructor(private readonly users: UsersService) {} @Patch(":id") update(@Param("id") id: string, @Body() dto: UpdateUserDto) { return this.users.update(id, dto); } }`,
  "src/users.service.ts": `@Injectable() export class UsersService { ${users} }`,
  "src/update-user.dto.ts": `export class UpdateUserDto extends ${dto} {}`,
  "src/create-user.dto.ts": `export class CreateUserDto { name: string; password: string; }`,
});

describe("an update of an account by the whole body", () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] =
    [
      [
        "that validators let a password into",
        expressApp(
          `const { body } = require("express-validator"); const rules = [body("name").trim(), body("password").optional()];
           app.patch("/users/:id", rules, (req, res) => { const changes = req.body; users.updateById(req.params.id, changes); res.end(); });`,
        ),
        ["password-change none"],
      ],
      [
        "in which the handler hashes the password",
        expressApp(
          `app.put("/users/:id", async (req, res) => { if (req.body.password) req.body.password = await bcrypt.hash(req.body.password, 10); await User.findByIdAndUpdate(req.params.id, { $set: req.body }); res.end(); });`,
        ),
        ["password-change none"],
      ],
      [
        "that validators let a role into",
        expressApp(
          `const rules = [body("role").isIn(["clerk", "chief"])]; app.patch("/users/:id", rules, (req, res) => { users.updateById(req.params.id, { ...req.body }); res.end(); });`,
        ),
        ["role-change none"],
      ],
      [
        "from which the password is taken out",
        expressApp(
          `app.put("/users/:id", async (req, res) => { delete req.body.password; await User.findByIdAndUpdate(req.params.id, { $set: req.body }); res.end(); });`,
        ),
        [],
      ],
      [
        "of something that is no account",
        expressApp(
          `const rules = [body("password")]; app.put("/rooms/:id", rules, async (req, res) => { await Room.findByIdAndUpdate(req.params.id, req.body); res.end(); });`,
        ),
        [],
      ],
      [
        "by single fields",
        expressApp(
          `const rules = [body("password")]; app.put("/users/:id", rules, async (req, res) => { const { name } = req.body; await User.findByIdAndUpdate(req.params.id, { name }); res.end(); });`,
        ),
        [],
      ],
      [
        "of a DTO that inherits the password",
        nest(
          `update(id, dto) { return this.repo.save({ id, ...dto }); }`,
          "PartialType(CreateUserDto)",
        ),
        ["password-change none"],
      ],
      [
        "of a DTO without the password",
        nest(
          `update(id, dto) { return this.repo.save({ id, ...dto }); }`,
          `PartialType(OmitType(CreateUserDto, ["password"]))`,
        ),
        [],
      ],
    ];
  for (const [title, files, expected] of cases) {
    it(`is judged ${title}`, () => {
      expect(changes(files)).toEqual(expected);
    });
  }
});

describe("a changed role", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "by an update",
      `app.patch("/users/:id/role", async (req, res) => { await User.findByIdAndUpdate(req.params.id, { role: req.body.role }); res.end(); });`,
      ["role-change none"],
    ],
    [
      "by a flag where people are managed",
      `app.post("/admin/users/:id", async (req, res) => { await User.updateOne({ _id: req.params.id }, { $set: { isAdmin: true } }); res.end(); });`,
      ["role-change none"],
    ],
    [
      "in SQL, in a statement of its own",
      `app.post("/staff/:id", async (req, res) => { const statement = "UPDATE users SET role = $1 WHERE id = $2"; await db.query(statement, [req.body.role, req.params.id]); res.end(); });`,
      ["role-change none"],
    ],
    [
      "by a method of the account",
      `app.post("/users/:id/roles", async (req, res) => { const user = await User.findByPk(req.params.id); await user.setRoles(req.body.roles); res.end(); });`,
      ["role-change none"],
    ],
    [
      "with the end of the person's sessions",
      `app.put("/users/:id", async (req, res) => { const user = await User.findById(req.params.id); user.role = req.body.role; await user.save(); await destroyAllUserSessions(user.id); res.end(); });`,
      ["role-change rotated"],
    ],
    [
      "that only chooses whose other field changes",
      `app.post("/users/mail", async (req, res) => { await User.updateMany({ role: "clerk" }, { mailed: true }); res.end(); });`,
      [],
    ],
    [
      "of an invited person",
      `app.post("/invitations", async (req, res) => { const user = new User(); user.role = req.body.role; await user.save(); res.end(); });`,
      [],
    ],
  ];
  for (const [title, code, expected] of cases) {
    it(`is seen ${title}`, () => {
      expect(changes(expressApp(code))).toEqual(expected);
    });
  }
});

describe("a changed password", () => {
  it("is seen in a service whose method has a common name", () => {
    const files = nest(
      `async update(id, dto) { const user = await this.repo.findOneBy({ id }); user.password = await bcrypt.hash(dto.newPassword, 10); await this.repo.save(user); }`,
      "Nothing",
    );
    expect(changes(files)).toEqual(["password-change none"]);
  });
  it("is seen in a function that forms of Next call", () => {
    const files = {
      "package.json": manifest({ next: "15.0.0", "iron-session": "8.0.4" }),
      "app/page.tsx": "export default function Page() { return null; }",
      "lib/session.ts": `import { getIronSession } from "iron-session"; import { cookies } from "next/headers"; export async function getSession() { return getIronSession(await cookies(), { cookieName: "shop", password: process.env.P! }); }`,
      "app/actions.ts": `"use server"; import { getSession } from "../lib/session"; export async function changePassword(form: FormData) { const session = await getSession(); await prisma.user.update({ where: { id: session.userId }, data: { password: await hash(form.get("new")) } }); }`,
    };
    expect(changes(files)).toEqual(["password-change none"]);
  });
  it("is not what a page in the browser sends, nor a client's tokens", () => {
    const files = {
      ...expressApp(
        `app.get("/drive", (req, res) => { const client = new google.auth.OAuth2(); client.setCredentials({ access_token: req.user.token }); res.end(); });`,
      ),
      "web/password-form.jsx": `import React from "react"; export function Form() { const onSubmit = (event) => { changePassword(event.target.value); }; return null; }`,
    };
    expect(changes(files)).toEqual([]);
  });
});
