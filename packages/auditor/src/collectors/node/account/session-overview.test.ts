import { expect, it } from "vitest";
import { expressApp, kindsOf } from "../testing.ts";

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["lists and ends", "getSessions(req.user.id); revokeSession(req.params.id);", ["good"]],
  [
    "asks a library for both",
    "sessions.subject(id).list(); sessions.subject(id).revoke(req.params.handle);",
    ["good"],
  ],
  ["lists alone", "getSessions(req.user.id);", []],
  ["ends its own", "getSessions(req.user.id); destroySession(req);", []],
  ["lists those of nobody", "getSessions(); revokeSession(req.params.id);", []],
];

for (const [title, code, expected] of cases) {
  it(`is seen where the application ${title}`, () => {
    const route = `app.get("/devices", async (req, res) => { ${code} res.end(); });`;
    expect(kindsOf(expressApp(route), "session-overview")).toEqual(expected);
  });
}
