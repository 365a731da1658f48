import { describe, expect, it } from "vitest";
import { evidenceOf, expressApp, manifest } from "../testing.ts";

const CHECK = `function checkCsrf(req, res, next) { if (req.body._csrf !== req.session.csrfToken) return res.sendStatus(403); next(); }`;
const post = (path: string, before = ""): string =>
  `app.post("${path}", ${before} (req, res) => { req.session.last = req.body.last; res.end(); });`;

describe("a check of the application's own", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["before every request", `${CHECK} app.use(checkCsrf); ${post("/a")}`, "protected"],
    ["on some routes only", `${CHECK} ${post("/a", "checkCsrf,")} ${post("/b")}`, "partial"],
    [
      "on each route",
      `${CHECK} ${post("/a", "checkCsrf,")} ${post("/b", "checkCsrf,")}`,
      "protected",
    ],
    [
      "of Origin against the host",
      `app.use((req, res, next) => { if (req.method !== "GET" && new URL(req.get("origin")).host !== req.get("host")) return res.sendStatus(403); next(); }); ${post("/a")}`,
      "protected",
    ],
    [
      "of Origin for its answer's headers",
      `app.use((req, res, next) => { if (req.headers.origin === "https://shop.example") res.set("Vary", "Origin"); next(); }); ${post("/a")}`,
      "none",
    ],
  ];
  for (const [title, code, cover] of cases) {
    it(`is ${cover} ${title}`, () => {
      expect(evidenceOf(expressApp(code)).csrf?.cover).toBe(cover);
    });
  }

  it("is partial where Fastify hands it out by a name and some routes take it", () => {
    const files = {
      "package.json": manifest({ fastify: "5.0.0", "@fastify/session": "11.0.0" }),
      "app.js": `import fastify from "fastify"; import session from "@fastify/session";
        const app = fastify(); app.register(session, { secret: process.env.S });
        app.decorate("sameToken", (request, reply, done) => { if (request.body.token !== request.session.csrf) return reply.code(403).send(); done(); });
        app.post("/a", { onRequest: app.sameToken }, async (request) => request.body);
        app.post("/b", async (request) => request.body);
        app.listen({ port: 1 });`,
    };
    expect(evidenceOf(files).csrf).toMatchObject({
      cover: "partial",
      gaps: [{ what: "POST /b has no check of its own." }],
    });
  });
});

describe("a router that alone has sessions", () => {
  it("needs the check, and routers beside it do not", () => {
    const files = {
      "package.json": manifest({ express: "5.1.0", "express-session": "1.18.2", csurf: "1.11.0" }),
      "app.js": `import express from "express"; import session from "express-session"; import { Guard } from "./guard.js"; import { routes } from "./routes.js";
        const app = express(); const siteRouter = express.Router(); const machineRouter = express.Router();
        siteRouter.use(session({ secret: process.env.S })); siteRouter.guard = new Guard(); siteRouter.use(siteRouter.guard.csrfCheck);
        routes(siteRouter, machineRouter); app.use(machineRouter); app.use(siteRouter); app.listen(1);`,
      "guard.js": `import csurf from "csurf"; const check = csurf(); export class Guard { csrfCheck(req, res, next) { check(req, res, next); } }`,
      "routes.js": `export function routes(siteRouter, machineRouter) { siteRouter.post("/a", (req, res) => res.end()); machineRouter.post("/b", (req, res) => res.end()); }`,
    };
    expect(evidenceOf(files).csrf?.cover).toBe("protected");
  });
});

describe("a GET that changes something", () => {
  const GET = `app.get("/notes/:id/delete", async (req, res) => { await Note.deleteOne({ _id: req.params.id }); res.redirect("/"); });`;
  it("is a gap in a check of tokens", () => {
    const { csrf } = evidenceOf(expressApp(`${CHECK} app.use(checkCsrf); ${GET} ${post("/a")}`));
    expect(csrf).toMatchObject({ cover: "partial", gaps: [{ place: { file: "app.js" } }] });
  });
  it("is none beside it where nothing is checked at all", () => {
    expect(evidenceOf(expressApp(`${GET} ${post("/a")}`)).csrf).toMatchObject({
      cover: "none",
      gaps: [],
    });
  });
});

describe("files that answer requests", () => {
  const auth = {
    "package.json": manifest({ next: "15.0.0", "next-auth": "4.24.11" }),
    "app/page.tsx": "export default function Page() { return null; }",
    "pages/api/auth/[...nextauth].ts": `import NextAuth from "next-auth"; export default NextAuth({ providers: [] });`,
  };
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ["none", {}, "protected"],
    [
      "a route handler that opens the session",
      {
        "app/api/notes/route.ts": `import { getServerSession } from "next-auth"; export async function POST(request: Request) { const session = await getServerSession(); await save(session, request); return new Response(); }`,
      },
      "partial",
    ],
    [
      "an API page that asks a function of its own for the session",
      {
        "lib/who.ts": `import { getToken } from "next-auth/jwt"; export async function whoAsks(req) { return getToken({ req }); }`,
        "pages/api/notes.ts": `import { whoAsks } from "../../lib/who"; export default async function notes(req, res) { const who = await whoAsks(req); if (req.method === "DELETE") await remove(who, req.query.id); res.end(); }`,
      },
      "partial",
    ],
    [
      "one that only reads",
      {
        "pages/api/notes.ts": `import { getServerSession } from "next-auth"; export default async function notes(req, res) { res.json(await list(await getServerSession(req, res))); }`,
      },
      "protected",
    ],
    [
      "a webhook",
      {
        "app/api/webhooks/route.ts": `import { getServerSession } from "next-auth"; export async function POST(request: Request) { await getServerSession(); return new Response(); }`,
      },
      "protected",
    ],
  ];
  for (const [title, files, cover] of cases) {
    it(`are ${cover} with ${title}`, () => {
      expect(evidenceOf({ ...auth, ...files }).csrf?.cover).toBe(cover);
    });
  }
  it("are none where the session's library checks nothing, and server actions are checked by Next", () => {
    const base = {
      "package.json": manifest({ next: "15.0.0", "iron-session": "8.0.4" }),
      "app/page.tsx": "export default function Page() { return null; }",
      "lib/session.ts": `import { getIronSession } from "iron-session"; import { cookies } from "next/headers"; export async function getSession() { return getIronSession(await cookies(), { cookieName: "shop", password: process.env.P! }); }`,
    };
    const route = `import { getSession } from "../../../lib/session"; export async function PUT() { const session = await getSession(); session.theme = "dark"; await session.save(); return new Response(); }`;
    expect(evidenceOf({ ...base, "app/api/theme/route.ts": route }).csrf?.cover).toBe("none");
    const action = `"use server"; import { getSession } from "../lib/session"; export async function choose() { const session = await getSession(); session.theme = "dark"; await session.save(); }`;
    expect(evidenceOf({ ...base, "app/actions.ts": action }).csrf?.cover).toBe("protected");
  });
});
