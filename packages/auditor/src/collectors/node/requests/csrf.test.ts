import { describe, expect, it } from "vitest";
import { evidenceOf, expressApp } from "../testing.ts";

const POST = `app.post("/transfer", (req, res) => { req.session.sent = req.body.amount; res.end(); });`;

describe("the check of requests from other sites", () => {
  const packages: readonly (readonly [string, string])[] = [
    [
      "csrf-sync",
      `const { csrfSynchronisedProtection: protect } = require("csrf-sync").csrfSync();`,
    ],
    ["csrf-csrf", `const { doubleCsrfProtection: protect } = require("csrf-csrf").doubleCsrf({});`],
    ["lusca", `const protect = require("lusca").csrf();`],
    ["lusca as a whole", `const protect = require("lusca")({ csrf: true });`],
    ["tiny-csrf", `const protect = require("tiny-csrf")("0123456789abcdef0123456789abcdef");`],
    ["csurf", `const protect = require("csurf")();`],
    ["@dr.pogodin/csurf", `const protect = require("@dr.pogodin/csurf")();`],
  ];
  for (const [name, code] of packages) {
    it(`holds with ${name} before the routes`, () => {
      const used = expressApp(`${code} app.use(protect); ${POST}`);
      expect(evidenceOf(used).csrf?.cover).toBe("protected");
    });
    it(`is none with ${name} made and not used`, () => {
      expect(evidenceOf(expressApp(`${code} ${POST}`)).csrf?.cover).toBe("none");
    });
    it(`has a gap with ${name} after a route`, () => {
      const late = expressApp(`${code} ${POST} app.use(protect);`);
      expect(evidenceOf(late).csrf?.cover).toBe("partial");
    });
  }
  const others: readonly (readonly [string, string, string])[] = [
    ["the headers of lusca", `app.use(require("lusca").xframe("DENY"));`, "none"],
    ["helmet", `app.use(require("helmet")());`, "none"],
    [
      "tokens handed out",
      `const { generateToken } = require("csrf-csrf").doubleCsrf({}); app.get("/token", (req, res) => res.json(generateToken(req, res)));`,
      "none",
    ],
    [
      "something unknown that is given the protection",
      `install(app, require("csurf")());`,
      "unknown",
    ],
    [
      "a router of its own",
      `const protect = require("csurf")(); const router = express.Router(); router.use(protect); router.post("/a", (req, res) => res.end());`,
      "partial",
    ],
  ];
  for (const [name, code, cover] of others) {
    it(`is ${cover} with ${name}`, () => {
      expect(evidenceOf(expressApp(`${code} ${POST}`)).csrf?.cover).toBe(cover);
    });
  }
  it("has a gap where a router is mounted before it", () => {
    const files = {
      ...expressApp(`app.use(require("./routes")); app.use(require("csurf")()); ${POST}`),
      "routes.js": `const router = require("express").Router(); router.post("/early", (req, res) => res.end()); module.exports = router;`,
    };
    expect(evidenceOf(files).csrf?.gaps.map(({ what }) => what)).toEqual([
      "POST /early comes before the check.",
    ]);
  });
});
