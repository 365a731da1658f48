import { expect, it } from "vitest";
import { evidenceOf, manifest } from "../testing.ts";

const app = (routes: string) => ({
  "package.json": manifest({ holdfast: "0.1.0", express: "5.1.0" }),
  "app.js": `import express from "express";
import { createKeyring, createSessions } from "holdfast";
import { expressSessions } from "holdfast/adapters/express";
import { changeCredentials } from "holdfast/credentials";
import { users } from "../users.js";
const sessions = createSessions({ keyring: createKeyring({ file: "app.keys" }), store });
const app = express();
app.use(expressSessions(sessions));
${routes}
app.listen(3000);
`,
});

it("knows that Holdfast's one call for a changed password rotates the session, and is no change itself", () => {
  const { privilegeChanges } = evidenceOf(
    app(`app.post("/password", async (req, res) => {
  await users.setPasswordHash(req.session.subject, await hash(req.body.password));
  await changeCredentials(sessions, { change: "password-changed", session: req.session });
  res.redirect("/");
});
app.post("/email", async (req, res) => {
  await users.setEmail(req.session.subject, req.body.email);
  await changeCredentials(sessions, { change: "email-changed", session: req.session });
  res.redirect("/");
});`),
  );
  expect(privilegeChanges.map(({ kind, rotation }) => [kind, rotation])).toEqual([
    ["password-change", "rotated"],
  ]);
});

it("sees a password that is changed without it", () => {
  const { privilegeChanges } = evidenceOf(
    app(`app.post("/password", async (req, res) => {
  await users.setPasswordHash(req.session.subject, await hash(req.body.password));
  res.redirect("/");
});`),
  );
  expect(privilegeChanges.map(({ rotation }) => rotation)).toEqual(["none"]);
});

it("leaves passwords of devices, servers and provisioned accounts alone", () => {
  const changes = (path: string) =>
    evidenceOf(
      app(`app.post("${path}", async (req, res) => {
  const row = await rows.findOne({ id: req.params.id });
  row.password = await bcrypt.hash(req.body.password, 10);
  await row.save();
  res.end();
});`),
    ).privilegeChanges.length;
  for (const path of ["/devices/:id", "/settings/smtp", "/sso/callback"])
    expect(changes(path), path).toBe(0);
  for (const path of ["/users/:id", "/team/members/:id", "/oauth/password", "/settings"])
    expect(changes(path), path).toBe(1);
});
