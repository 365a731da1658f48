import { describe, expect, it } from "vitest";
import { expressApp, kindsOf } from "../testing.ts";

describe("a route that takes GET", () => {
  const remove = "Post.findByIdAndDelete(req.params.id)";
  const answer = (change: string): string => `async (req, res) => { await ${change}; res.end(); }`;
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["deletes", `app.get("/posts/:id/delete", ${answer(remove)});`, ["fault"]],
    ["deletes by any method", `app.all("/posts/delete", ${answer(remove)});`, ["fault"]],
    [
      "deletes in a function of its own",
      `const drop = (id) => Post.deleteOne({ id }); app.get("/posts/:id/delete", ${answer("drop(req.params.id)")});`,
      ["fault"],
    ],
    [
      "deletes with SQL",
      `app.get("/delete/:id", ${answer(`db.query("DELETE FROM posts WHERE id = ?", [req.params.id])`)});`,
      ["fault"],
    ],
    [
      "saves what it looked up",
      `app.get("/posts/:id/publish", async (req, res) => { const post = await Post.findById(req.params.id); post.isPublic = true; await post.save(); res.end(); });`,
      ["fault"],
    ],
    [
      "saves what it is itself",
      `app.get("/posts/:id/publish", (req, res) => { req.session.seen = true; req.session.save(() => res.end()); });`,
      [],
    ],
    [
      "unlinks",
      `app.get("/profile/unlink/:from", async (req, res) => { const user = await User.findById(req.user.id); user.from = undefined; await revoke(user); async function revoke(one) { await fetch(one.url, { method: "POST", headers: { authorization: one.token } }); } await user.save(); res.end(); });`,
      ["fault"],
    ],
    [
      "does what a POST to the same path does",
      `const reply = ${answer("req.thread.addReply(req.body)")}; Thread.methods = { addReply(body) { this.replies.push(body); return this.save(); } }; app.post("/threads/:id", reply); app.get("/threads/:id", reply);`,
      ["fault"],
    ],
    [
      "does what a POST does, wrapped and exported by another file",
      `const threads = require("./threads"); app.post("/threads/:id", threads.create); app.get("/threads/:id", signedIn, threads.create); function signedIn(req, res, next) { if (req.method === "GET") req.session.from = req.url; next(); }`,
      ["fault"],
    ],
    [
      "shares a handler with a POST and asks for the method",
      `const edit = async (req, res) => { if (req.method === "POST") await Post.updateOne({ id: 1 }, req.body); res.end(); }; app.route("/posts/:id").get(edit).post(edit);`,
      [],
    ],
    [
      "shares a path with a POST that has another handler",
      `app.get("/threads/:id", show); app.post("/threads/:id", reply); function show(req, res) { res.end(); } function reply(req, res) { Post.create(req.body); }`,
      [],
    ],
    ["is a POST", `app.post("/posts/:id/delete", ${answer(remove)});`, []],
    [
      "asks for the method",
      `app.all("/posts/delete", async (req, res) => { if (req.method !== "POST") return res.end(); await ${remove}; });`,
      [],
    ],
    [
      "shows a form",
      `app.get("/posts/:id/delete", ${answer("Post.findById(req.params.id)")});`,
      [],
    ],
    [
      "counts views",
      `app.get("/posts/mark", ${answer("Post.updateOne({ id: req.params.id }, { $inc: { views: 1 } })")});`,
      [],
    ],
    ["confirms by a link", `app.get("/delete/:token", ${answer(remove)});`, []],
    ["signs out", `app.get("/logout", ${answer("Token.deleteOne({ id: req.params.id })")});`, []],
    [
      "takes a key of its own",
      `app.get("/delete", async (req, res) => { if (req.headers.authorization !== key) return; await ${remove}; });`,
      [],
    ],
    ["removes from a map", `app.get("/remove", (req, res) => { open.delete(req.query.id); });`, []],
  ];
  for (const [title, code, expected] of cases) {
    it(`is judged if it ${title}`, () => {
      const files = {
        ...expressApp(code),
        "threads.js": `exports.create = wrap(async (req, res) => { await Thread.create(req.body); res.end(); });`,
        "items.js": `exports.create = wrap(async (req, res) => { res.end(); });`,
      };
      expect(kindsOf(files, "safe-methods")).toEqual(expected);
    });
  }
});
