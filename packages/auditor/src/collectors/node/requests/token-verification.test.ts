import { describe, expect, it } from "vitest";
import { expressApp, kindsOf } from "../testing.ts";

const withToken = (statement: string, versions = {}): readonly string[] =>
  kindsOf(
    expressApp(
      `const jwt = require("jsonwebtoken");
       const expressJwt = require("express-jwt");
       const { Strategy } = require("passport-jwt");
       app.use((req, res, next) => { const token = req.headers.authorization; ${statement} next(); });`,
      { jsonwebtoken: "9.0.2", ...versions },
    ),
    "token-verification",
  );

describe("a token", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["that is decoded alone", "req.user = jwt.decode(token);", ["fault"]],
    [
      "that is decoded to find the key",
      "const { kid } = jwt.decode(token); req.user = jwt.verify(token, keys[kid]);",
      [],
    ],
    ["that was fetched", "req.user = jwt.decode(fetchToken());", []],
    [
      "without a signature",
      `jwt.verify(token, key, { algorithms: ["HS256", "none"] });`,
      ["fault"],
    ],
    ["of one algorithm", `jwt.verify(token, key, { algorithms: ["RS256"] });`, ["good"]],
    ["of the key's algorithms", "jwt.verify(token, key);", []],
    ["whose time is over", "jwt.verify(token, key, { ignoreExpiration: true });", ["fault"]],
    [
      "that is renewed",
      "const refreshed = renew(jwt.verify(token, key, { ignoreExpiration: true }));",
      [],
    ],
    ["for Passport", "new Strategy({ secretOrKey, ignoreExpiration: true }, done);", ["fault"]],
  ];
  for (const [title, statement, expected] of cases) {
    it(`is judged ${title}`, () => {
      expect(withToken(statement)).toEqual(expected);
    });
  }

  it("chooses its own algorithm with an old express-jwt", () => {
    const statement = "expressJwt({ secret });";
    expect(withToken(statement, { "express-jwt": "5.3.1" })).toEqual(["fault"]);
    expect(withToken(statement, { "express-jwt": "8.4.1" })).toEqual([]);
  });
});
