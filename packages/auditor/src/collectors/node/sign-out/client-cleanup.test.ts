import { describe, expect, it } from "vitest";
import { expressApp, kindsOf, manifest } from "../testing.ts";

const topic = "client-cleanup";
const signOut = (rest: string): string =>
  `app.post("/logout", (req, res) => req.session.destroy(() => { ${rest} res.redirect("/"); }));`;

describe("what signing out leaves in the browser", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["a destroyed session alone", "", ["fault"]],
    ["the cookie removed", `res.clearCookie("shop");`, ["good"]],
    ["another cookie removed", `res.clearCookie("theme");`, ["fault"]],
    ["a cookie of an unknown name removed", "res.clearCookie(nameOf(req));", []],
    ["the cookie removed from another path", `res.clearCookie("shop", { path: "/a" });`, ["fault"]],
    ["options that are not followed", `res.clearCookie("shop", optionsOf(req));`, []],
    ["Clear-Site-Data", `res.set("Clear-Site-Data", '"cookies"');`, ["good"]],
    ["the cookie overwritten", `res.cookie("shop", "", { maxAge: 0 });`, []],
  ];
  for (const [title, rest, expected] of cases) {
    it(`is judged with ${title}`, () => {
      expect(kindsOf(expressApp(signOut(rest)), topic)).toEqual(expected);
    });
  }

  it("is the cookie if it is removed without the domain it is set with", () => {
    const files = {
      "package.json": manifest({ express: "5.1.0", "express-session": "1.18.2" }),
      "app.js": `
        const app = require("express")();
        const cookie = { domain: "shop.example" };
        app.use(require("express-session")({ secret: process.env.S, name: "shop", cookie }));
        ${signOut(`res.clearCookie("shop");`)}
        app.listen(3000);`,
    };
    expect(kindsOf(files, topic)).toEqual(["fault"]);
    const same = files["app.js"].replace(`clearCookie("shop")`, `clearCookie("shop", cookie)`);
    expect(kindsOf({ ...files, "app.js": same }, topic)).toEqual(["good"]);
  });

  it("is nothing if the library removes its cookie", () => {
    const files = {
      "package.json": manifest({ express: "5.1.0", "cookie-session": "2.1.0" }),
      "app.js": `
        const app = require("express")();
        app.use(require("cookie-session")({ secret: process.env.S }));
        app.post("/logout", (req, res) => { req.session = null; res.redirect("/"); });
        app.listen(3000);`,
    };
    expect(kindsOf(files, topic)).toEqual(["good"]);
  });
});
