import { expect, it } from "vitest";
import { withFiles } from "../testing.ts";
import { collectEveryday } from "./collect-everyday.ts";

function seen(files: Readonly<Record<string, string>>): string[] {
  using tree = withFiles(files);
  return collectEveryday(tree).flatMap(({ observations }) =>
    observations.map(({ place, what }) => `${place.file}:${place.line} ${what}`),
  );
}

it("finds PHP's own session functions, and leaves settings and handlers alone", () => {
  const handler =
    "<?php\nclass TableHandler implements \\SessionHandlerInterface { function f() { session_id(); } }\n";
  expect(
    seen({
      "a.php": "<?php\nsession_start();\n$_SESSION['x'] = 1;\nini_set('session.name', 'x');\n",
      "handler.php": handler,
      "text.php": "<?php\n// session_start() is not called\n$a = 'session_start()';\n",
    }),
  ).toEqual([
    "a.php:2 session_start() goes past the framework's session.",
    "a.php:3 $_SESSION goes past the framework's session.",
  ]);
});

it("finds a session cookie that is written or read by hand, in JavaScript and TypeScript", () => {
  expect(
    seen({
      "a.js": 'res.cookie("connect.sid", id);\nres.cookie("theme", "dark");\n',
      "b.ts": 'const id: string = req.cookies["connect.sid"];\nctx.cookies.get("koa.sess");\n',
      "c.mjs":
        'res.setHeader("Set-Cookie", "connect.sid=1");\n(await cookies()).get("next-auth.session-token");\n',
    }),
  ).toEqual([
    "a.js:1 The session cookie connect.sid is written by hand.",
    "b.ts:1 The session cookie connect.sid is read by hand.",
    "b.ts:2 The session cookie koa.sess is read by hand.",
    "c.mjs:1 The session cookie connect.sid is written by hand.",
    "c.mjs:2 The session cookie next-auth.session-token is read by hand.",
  ]);
});
