import { describe, expect, it } from "vitest";
import type { ObservationTopic } from "../../../evidence.ts";
import { expressApp, kindsOf } from "../testing.ts";

const use = (code: string): Readonly<Record<string, string>> =>
  expressApp(`app.use(async (req, res, next) => { ${code} next(); });`);

const topics: readonly (readonly [
  ObservationTopic,
  readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[],
])[] = [
  [
    "stolen-session-signals",
    [
      [
        "an address that must stay equal",
        use("if (req.session.ip !== req.ip) return req.session.destroy(next);"),
        ["fault"],
      ],
      [
        "an address that is only recorded",
        use("if (req.session.ip !== req.ip) log.warn('moved');"),
        ["good"],
      ],
      [
        "an address beside the browser's name",
        use(
          "if (req.session.ip !== req.ip && req.session.userAgent !== req.get('user-agent')) return req.session.destroy(next);",
        ),
        ["good", "good"],
      ],
      [
        "the browser's name",
        use(
          "const isOther = req.session.userAgent !== req.get('user-agent'); if (isOther) return res.redirect('/sign-in');",
        ),
        ["good"],
      ],
      [
        "a region",
        use("if (req.session.country !== countryOf(req.ip)) return res.redirect('/again');"),
        ["good"],
      ],
      [
        "an account that differs",
        use("if (req.session.userId !== req.params.id) return res.sendStatus(403);"),
        [],
      ],
      [
        "a cookie's text",
        use("if (req.session.theme !== req.query.theme) req.session.theme = 'x';"),
        [],
      ],
    ],
  ],
  [
    "static-tokens",
    [
      [
        "a variable beside the session",
        use(
          "if (!req.session.userId && req.get('x-api-key') !== process.env.API_KEY) return res.sendStatus(401);",
        ),
        ["fault"],
      ],
      [
        "a constant beside the session",
        use(`if (req.query.token === "0123456789abcdef") req.user = { id: 1 };`),
        ["fault"],
      ],
      [
        "a column of the account",
        use(
          "const user = await User.findOne({ apiKey: req.get('x-api-key') }); if (user) req.user = user;",
        ),
        ["fault"],
      ],
      [
        "a call of a machine",
        use("if (req.get('x-api-key') !== process.env.API_KEY) return res.sendStatus(401);"),
        [],
      ],
      [
        "a webhook",
        use(
          "if (req.session.userId || req.get('x-webhook-token') === process.env.WEBHOOK_TOKEN) return next();",
        ),
        [],
      ],
      [
        "a token of the session",
        use(
          "if (req.session.userId && req.body.token !== req.session.token) return res.sendStatus(403);",
        ),
        [],
      ],
    ],
  ],
  [
    "device-binding",
    [
      [
        "a proof that is verified",
        expressApp(
          `app.post("/refresh", async (req, res) => { const proof = req.get("Secure-Session-Response"); const { payload } = await jwtVerify(proof, await keyOf(req.session.id), { algorithms: ["ES256"] }); if (payload.jti !== req.session.challenge) return res.sendStatus(403); res.cookie("__Host-bound", fresh()); res.end(); });`,
        ),
        ["good"],
      ],
      [
        "a proof that is not verified",
        expressApp(
          `app.post("/refresh", (req, res) => { const proof = decode(req.get("Secure-Session-Response")); if (proof.jti !== req.session.challenge) return res.sendStatus(403); res.cookie("__Host-bound", fresh()); res.end(); });`,
        ),
        ["fault"],
      ],
      [
        "an algorithm of the proof's own",
        expressApp(
          `app.post("/refresh", (req, res) => { const proof = req.get("Secure-Session-Response"); const decoded = jwt.decode(proof, { complete: true }); const payload = jwt.verify(proof, key, { algorithms: [decoded.header.alg] }); if (payload.jti !== req.session.challenge) return res.sendStatus(403); res.end(); });`,
        ),
        ["fault"],
      ],
      [
        "a challenge that is good for ever",
        expressApp(
          `app.post("/refresh", (req, res) => { jwt.verify(req.get("Secure-Session-Response"), key, { algorithms: ["ES256"] }); res.cookie("__Host-bound", fresh()); res.end(); });`,
        ),
        ["fault"],
      ],
      [
        "a cookie that comes too early",
        expressApp(
          `app.post("/refresh", (req, res) => { res.cookie("__Host-bound", fresh()); const payload = jwt.verify(req.get("Secure-Session-Response"), key, { algorithms: ["ES256"] }); if (payload.jti !== req.session.challenge) return res.sendStatus(403); res.end(); });`,
        ),
        ["fault"],
      ],
      [
        "no such header",
        expressApp(`app.post("/refresh", (req, res) => { res.cookie("a", "b"); res.end(); });`),
        [],
      ],
    ],
  ],
];

for (const [topic, cases] of topics) {
  describe(topic, () => {
    for (const [title, files, expected] of cases) {
      it(`is ${expected.join(" and ") || "not there"} with ${title}`, () => {
        expect(kindsOf(files, topic)).toEqual(expected);
      });
    }
  });
}
