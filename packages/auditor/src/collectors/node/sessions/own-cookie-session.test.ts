/**
 * Sessions that an application keeps by a cookie of its own, without a library for sessions.
 * @module
 */
import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../evidence.ts";
import { evidenceOf, manifest } from "../testing.ts";

const USERS = `exports.users = { findByName: async (name) => null, findById: async (id) => null };`;

/** An Express application that signs people in by a token in a cookie. */
function express(code: string, more: Readonly<Record<string, string>> = {}): Evidence {
  return evidenceOf({
    "package.json": manifest({ express: "5.1.0", jsonwebtoken: "9.0.2", ...more }),
    "users.js": USERS,
    "app.js": `
      const express = require("express");
      const cookieParser = require("cookie-parser");
      const jwt = require("jsonwebtoken");
      const crypto = require("crypto");
      const bcrypt = require("bcrypt");
      const { users } = require("./users");
      const app = express();
      app.use(cookieParser());
      ${code}
      app.listen(3000);
    `,
  });
}

const GUARD = `
  function signedIn(req, res, next) {
    const given = req.cookies.pass || (req.headers.authorization || "").slice(7);
    try {
      req.user = jwt.verify(given, process.env.SIGNING_KEY);
      next();
    } catch {
      res.sendStatus(401);
    }
  }
  app.get("/orders", signedIn, (req, res) => res.json([]));
`;
const SIGN_IN = `
  app.post("/login", async (req, res) => {
    const user = await users.findByName(req.body.name);
    if (!user || !(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401);
    const given = jwt.sign({ sub: user.id }, process.env.SIGNING_KEY, { expiresIn: "2h" });
    res.cookie("pass", given, { httpOnly: true, maxAge: 7200000 });
    res.redirect("/");
  });
`;
const SIGN_OUT = `
  app.post("/logout", (req, res) => {
    res.clearCookie("pass");
    res.redirect("/");
  });
`;

describe("a signed token in a cookie of Express", () => {
  const evidence = express(SIGN_IN + GUARD + SIGN_OUT);
  const [session] = evidence.sessions;

  it("is a session that the server keeps nothing of", () => {
    expect(evidence.sessions).toHaveLength(1);
    expect(session?.library).toBe("a cookie of the application's own (jsonwebtoken 9.0.2)");
    expect(session?.place).toMatchObject({ file: "app.js" });
    expect(session?.isStateless).toBe(true);
    expect(session?.isEncrypted.value).toBe(false);
    expect(session?.storage.value).toBe("cookie");
    expect(evidence.unsupported).toEqual([]);
  });

  it("has the flags that it is given, and what Express does for the others", () => {
    expect(session?.cookie.httpOnly.value).toBe(true);
    expect(session?.cookie.secure).toMatchObject({
      value: "never",
      origin: { kind: "default", of: "express 5.1.0" },
    });
    expect(session?.cookie.sameSite.value).toBe("unset");
    expect(session?.cookie.path.value).toBe("/");
    expect(session?.cookie.lifetimeSeconds.value).toBe(7200);
    expect(session?.cookie.name.value).toBe("pass");
    expect(session?.cookie.defaultName).toBe("");
  });

  it("ends when the token says so, and is signed by a key from outside", () => {
    expect(session?.idle).toMatchObject({ keptBy: "application", seconds: { value: 7200 } });
    expect(session?.secrets).toMatchObject([
      { purpose: "jsonwebtoken signing key", source: "environment" },
    ]);
  });

  it("is signed in to and out of", () => {
    expect(evidence.privilegeChanges).toMatchObject([{ kind: "password", rotation: "none" }]);
    expect(evidence.signOuts).toMatchObject([{ effect: "cookie-cleared" }]);
    expect(evidence.throttling?.present).toBe(false);
    expect(evidence.auditLog?.failure.present).toBe(false);
    expect(evidence.csrf?.cover).toBe("none");
  });
});

describe("a random token that Express keeps in a table", () => {
  const KEPT = `
    const { prisma } = require("./database");
    app.post("/sign-in", async (req, res) => {
      const user = await users.findByName(req.body.name);
      if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401);
      const id = crypto.randomBytes(24).toString("hex");
      await prisma.visit.create({ data: { id, userId: user.id, expiresAt: new Date(Date.now() + 3600000) } });
      res.cookie("visit", id, { httpOnly: true, secure: true, sameSite: "lax" });
      res.redirect("/");
    });
    app.use(async (req, res, next) => {
      const visit = await prisma.visit.findUnique({ where: { id: req.cookies.visit } });
      if (visit && visit.expiresAt > new Date()) req.user = await users.findById(visit.userId);
      next();
    });
  `;
  const database = { "@prisma/client": "6.1.0" };

  it("is a session that the server keeps", () => {
    const { sessions, privilegeChanges } = express(KEPT, database);
    expect(sessions).toMatchObject([
      {
        library: "a cookie of the application's own",
        isStateless: false,
        strictIds: { value: true },
        idBits: { value: 192 },
        storage: { value: "database" },
        isEncrypted: { value: false },
        idle: { keptBy: "application", seconds: { value: 3600 } },
        secrets: [],
      },
    ]);
    expect(sessions[0]?.cookie.lifetimeSeconds.value).toBe("session");
    expect(privilegeChanges).toMatchObject([{ kind: "password", rotation: "rotated" }]);
  });

  it.each([
    ["await prisma.visit.delete({ where: { id: req.cookies.visit } });", "destroyed"],
    ["", "key-removed"],
  ])("is signed out of: %s", (deletion, effect) => {
    const out = `app.post("/sign-out", async (req, res) => {
      ${deletion}
      res.clearCookie("visit");
      res.redirect("/");
    });`;
    expect(express(KEPT + out, database).signOuts).toMatchObject([{ effect }]);
  });

  it("never ends where nobody compares an end", () => {
    const open = KEPT.replace("visit && visit.expiresAt > new Date()", "visit");
    expect(express(open, database).sessions[0]?.idle).toMatchObject({
      keptBy: "nobody",
      seconds: { value: "never" },
    });
  });

  it("can be guessed if Math.random makes it, and is gone with the process in a map", () => {
    const [session] = express(`
      const visits = new Map();
      app.post("/login", async (req, res) => {
        if (!(await bcrypt.compare(req.body.password, "hash"))) return res.sendStatus(401);
        const id = Math.random().toString(36).slice(2);
        visits.set(id, req.body.name);
        res.cookie("visit", id);
        res.end();
      });
      app.use((req, res, next) => {
        req.user = visits.get(req.cookies.visit);
        next();
      });
    `).sessions;
    expect(session?.idBits.value).toBe(0);
    expect(session?.storage.value).toBe("memory");
  });
});

describe("what lies beside a token that is kept", () => {
  it("is none", () => {
    const { sessions } = express(
      `const { prisma } = require("./database");
       app.post("/login", async (req, res) => {
         if (!(await bcrypt.compare(req.body.password, "hash"))) return res.sendStatus(401);
         const id = crypto.randomUUID();
         const form = crypto.randomUUID();
         await prisma.visit.create({ data: { id, form, userId: 1 } });
         res.cookie("visit", id, { httpOnly: true });
         res.cookie("form", form);
         res.end();
       });
       app.use(async (req, res, next) => {
         const visit = await prisma.visit.findUnique({ where: { id: req.cookies.visit } });
         if (req.method !== "GET" && visit.form !== req.cookies.form) return res.sendStatus(403);
         next();
       });`,
      { "@prisma/client": "6.1.0" },
    );
    expect(sessions.map(({ cookie }) => cookie.name.value)).toEqual(["visit"]);
  });
});

describe("what is no session of its own", () => {
  it.each([
    ["is read nowhere", SIGN_IN],
    ["is written nowhere", GUARD],
    ["is only decoded", SIGN_IN + GUARD.replace("jwt.verify", "jwt.decode")],
    [
      "is read by one handler alone",
      `${SIGN_IN} app.get("/me", (req, res) => res.json(jwt.verify(req.cookies.pass, "k")));`,
    ],
    [
      "comes in a header alone",
      SIGN_IN.replace(/res\.cookie\(.*\);/, "res.json({ given });") +
        GUARD.replace("req.cookies.pass || ", ""),
    ],
    [
      "says how the page looks",
      `app.post("/theme", (req, res) => { res.cookie("theme", req.body.theme); res.end(); });
       app.use((req, res, next) => { res.locals.theme = req.cookies.theme; next(); });`,
    ],
    [
      "guards against other sites",
      `app.use((req, res, next) => {
         if (!req.cookies.guard) res.cookie("guard", crypto.randomBytes(16).toString("hex"));
         else if (req.method !== "GET" && req.get("x-guard") !== req.cookies.guard) return res.sendStatus(403);
         next();
       });`,
    ],
    [
      "is renewed for a token in a header",
      `app.post("/login", async (req, res) => {
         if (!(await bcrypt.compare(req.body.password, "hash"))) return res.sendStatus(401);
         res.cookie("renewal", jwt.sign({ sub: 1 }, process.env.A), { path: "/refresh" });
         res.json({ access: jwt.sign({ sub: 1 }, process.env.B) });
       });
       app.post("/refresh", (req, res) => {
         const { sub } = jwt.verify(req.cookies.renewal, process.env.A);
         res.json({ access: jwt.sign({ sub }, process.env.B) });
       });${GUARD.replace("req.cookies.pass || ", "")}`,
    ],
  ])("a cookie that %s", (_, code) => {
    const { sessions, privilegeChanges } = express(code);
    expect(sessions).toEqual([]);
    expect(privilegeChanges).toEqual([]);
  });

  it("is said to be there, rather than guessed at", () => {
    const { unsupported } = express(SIGN_IN.replace('"pass"', '"token"'));
    expect(unsupported).toEqual([expect.stringContaining("signs in by a token of its own")]);
  });

  it("a token beside sessions of a library", () => {
    const { sessions } = express(
      `app.use(require("express-session")({ secret: process.env.S })); ${SIGN_IN} ${GUARD}`,
      { "express-session": "1.18.2" },
    );
    expect(sessions.map(({ library }) => library)).toEqual(["express-session 1.18.2"]);
  });
});
