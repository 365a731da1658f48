/**
 * Ways in by a cookie of the application's own, and what protects them.
 * @module
 */
import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../evidence.ts";
import { evidenceOf, manifest } from "../testing.ts";

function app(code: string): Evidence {
  return evidenceOf({
    "package.json": manifest({
      express: "5.1.0",
      jsonwebtoken: "9.0.2",
      mongoose: "8.9.0",
      "express-rate-limit": "7.5.0",
    }),
    "app.js": `
      const express = require("express");
      const jwt = require("jsonwebtoken");
      const bcrypt = require("bcrypt");
      const { randomUUID } = require("crypto");
      const rateLimit = require("express-rate-limit");
      const { User, Ticket } = require("./models");
      const app = express();
      ${code}
      app.listen(3000);
    `,
    "models.js": `
      const mongoose = require("mongoose");
      exports.User = mongoose.model("User", new mongoose.Schema({ name: String }));
      exports.Ticket = mongoose.model("Ticket", new mongoose.Schema({ value: String, user: String }));
    `,
  });
}

const KEPT = `
  async function enter(res, user) {
    const value = randomUUID();
    await Ticket.create({ value, user: user.id });
    res.cookie("ticket", value, { httpOnly: true });
  }
  app.use(async (req, res, next) => {
    const ticket = await Ticket.findOne({ value: req.cookies.ticket });
    if (ticket) req.user = await User.findById(ticket.user);
    next();
  });
`;

describe("ways in by a token that is kept", () => {
  const evidence = app(`
    ${KEPT}
    app.post("/login", rateLimit({ windowMs: 60000, limit: 5 }), async (req, res) => {
      const user = await User.findOne({ name: req.body.name });
      if (!(await bcrypt.compare(req.body.password, user.hash))) {
        console.warn("failed login", req.body.name);
        return res.sendStatus(401);
      }
      await enter(res, user);
      console.info("logged in", user.id);
      res.end();
    });
    app.post("/register", async (req, res) => {
      const user = await User.create({ name: req.body.name });
      await enter(res, user);
      res.end();
    });
    app.post("/password", async (req, res) => {
      if (!(await bcrypt.compare(req.body.old, req.user.hash))) return res.sendStatus(403);
      await User.updateOne({ _id: req.user.id }, { password: await bcrypt.hash(req.body.password, 12) });
      await Ticket.deleteMany({ user: req.user.id });
      await enter(res, req.user);
      res.end();
    });
    app.post("/logout", async (req, res) => {
      await Ticket.deleteOne({ value: req.cookies.ticket });
      res.clearCookie("ticket").end();
    });
  `);

  it("are each found where the handler writes the cookie", () => {
    const ways = evidence.privilegeChanges.filter(({ kind }) => !/change/.test(kind));
    expect(ways.map(({ kind, rotation }) => [kind, rotation])).toEqual([
      ["password", "rotated"],
      ["registration", "rotated"],
    ]);
    expect(new Set(ways.map(({ place }) => place.line)).size).toBe(2);
  });

  it("end with the password, since all that is kept is deleted", () => {
    const change = evidence.privilegeChanges.find(({ kind }) => kind === "password-change");
    expect(change).toMatchObject({ rotation: "rotated", others: "ended" });
  });

  it("are protected by what stands before them, and logged", () => {
    expect(evidence.throttling?.present).toBe(true);
    expect(evidence.auditLog?.success.present).toBe(true);
    expect(evidence.auditLog?.failure.present).toBe(true);
  });

  it("are kept in documents, by ids of 122 bits", () => {
    expect(evidence.sessions).toMatchObject([
      { storage: { value: "documents" }, idBits: { value: 122 } },
    ]);
    expect(evidence.signOuts).toMatchObject([{ effect: "destroyed" }]);
  });
});

describe("a token that is given anew", () => {
  it("is no way in where it is only renewed", () => {
    const { privilegeChanges } = app(`
      const issue = (res, id) => res.cookie("ticket", jwt.sign({ id }, process.env.KEY, { expiresIn: 900 }));
      app.use((req, res, next) => {
        req.user = jwt.verify(req.cookies.ticket, process.env.KEY);
        next();
      });
      app.post("/login", async (req, res) => {
        if (!(await bcrypt.compare(req.body.password, "hash"))) return res.sendStatus(401);
        issue(res, 1);
        res.end();
      });
      app.post("/auth/refresh", (req, res) => {
        issue(res, req.user.id);
        res.end();
      });
    `);
    expect(privilegeChanges).toMatchObject([{ kind: "password", rotation: "none" }]);
  });
});
