import { describe, expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { serverScripts } from "./browser-code.ts";

const kept = (files: Readonly<Record<string, string>>): readonly string[] => {
  using tree = withFiles(files);
  return serverScripts(tree, ".", Object.keys(files));
};

describe("code of the browser", () => {
  it("is left out by what only a browser has", () => {
    expect(
      kept({
        "app.js": `const express = require("express");`,
        "static/form.ts": `window.addEventListener("load", () => { user.password = 1; });`,
        "static/list.js": `$("#list").on("click", () => $.post("/items"));`,
        "web/keep.js": `localStorage.setItem("theme", "dark");`,
        "public/src/dates.js": `define("dates", ["days"], (days) => ({ next: () => days.next() }));`,
        "assets/edit.js": `const box = document.getElementById("box");`,
      }),
    ).toEqual(["app.js"]);
  });
  it("is left out where it is copied in, whoever names it", () => {
    const files = {
      "app.js": `const express = require("express"); require("./static/vendors/lib");`,
      "static/vendors/lib.js": `const http = require("http"); jQuery.origin = window.location.host;`,
    };
    expect(kept(files)).toEqual(["app.js"]);
  });
  it("is kept where the server loads it too, at one or two removes", () => {
    const files = {
      "app.js": `const shared = require("./public/shared"); app.listen(1);`,
      "public/shared.js": `const text = require("./text.js"); if (isPage) window.shared = text;`,
      "public/text.js": `module.exports = () => document.title;`,
      "public/page.js": `require("./text"); window.open("/");`,
    };
    expect(kept(files)).toEqual(["app.js", "public/shared.js", "public/text.js"]);
  });
  it("is no record called document, no page in a text, no test of a page by a server", () => {
    const files = {
      "models/file.js": `const document = await File.findOne(); document.title2 = 1; await document.save();`,
      "callback.js": `exports.done = (req, res) => res.send("<script>window.close()</script>");`,
      "pages/index.tsx": `export const getServerSideProps = () => ({}); window.scrollTo(0, 0);`,
      "print.ts": `import puppeteer from "puppeteer"; page.evaluate(() => document.body.innerHTML);`,
    };
    expect(kept(files)).toEqual(Object.keys(files));
  });
});
