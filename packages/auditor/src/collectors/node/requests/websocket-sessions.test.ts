import { describe, expect, it } from "vitest";
import { kindsOf, manifest } from "../testing.ts";

const withServer = (code: string, cookie = "{}"): readonly string[] =>
  kindsOf(
    {
      "package.json": manifest({ express: "5.1.0", "express-session": "1.18.2" }),
      "app.js": `
        const { createServer } = require("node:http");
        const { Server } = require("socket.io");
        const { WebSocketServer } = require("ws");
        const app = require("express")();
        const session = require("express-session")({ secret: process.env.S, cookie: ${cookie} });
        app.use(session);
        const server = createServer(app);
        ${code}
        server.listen(3000);`,
    },
    "websocket-sessions",
  );

describe("a WebSocket server", () => {
  const engine = "io.engine.use(session);";
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["takes no session", "const io = new Server(server);", []],
    ["takes the session", `const io = new Server(server); ${engine}`, ["fault"]],
    [
      "runs the session for each connection",
      "const io = new Server(server); io.use((socket, next) => session(socket.request, {}, next));",
      ["fault"],
    ],
    [
      "is handed the session in a wrapper",
      "const wrap = (one) => (socket, next) => one(socket.request, {}, next); const io = new Server(server); io.use(wrap(session));",
      ["fault"],
    ],
    [
      "takes the session of the handshake",
      `const io = new Server(server); io.on("connection", (socket) => join(socket.handshake.session.userId));`,
      ["fault"],
    ],
    [
      "relies on cors",
      `const io = new Server(server, { cors: { origin: "https://shop.example" } }); ${engine}`,
      ["fault"],
    ],
    [
      "checks the origin",
      `const io = new Server(server, { allowRequest: (req, done) => done(null, req.headers.origin === site) }); ${engine}`,
      ["good"],
    ],
    [
      "is upgraded with the session",
      `const wss = new WebSocketServer({ noServer: true });
       server.on("upgrade", (req, socket, head) => session(req, {}, () => wss.handleUpgrade(req, socket, head, open)));`,
      ["fault"],
    ],
    [
      "is upgraded after a look at the origin",
      `const wss = new WebSocketServer({ noServer: true });
       server.on("upgrade", (req, socket, head) => {
         if (req.headers.origin !== site) return socket.destroy();
         session(req, {}, () => wss.handleUpgrade(req, socket, head, open));
       });`,
      [],
    ],
  ];
  for (const [title, code, expected] of cases) {
    it(`is judged if it ${title}`, () => {
      expect(withServer(code)).toEqual(expected);
    });
  }

  it("is a doubt if SameSite keeps other sites out", () => {
    expect(withServer(`const io = new Server(server); ${engine}`, `{ sameSite: "lax" }`)).toEqual([
      "doubt",
    ]);
  });
});
