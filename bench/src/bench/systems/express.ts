/**
 * Express 5 alone, and with express-session on its MemoryStore; express-session with Redis.
 * @module
 */
import { createServer } from "node:http";
import { RedisStore } from "connect-redis";
import express from "express";
import expressSession from "express-session";
import { createClient } from "redis";
import { ACCOUNT, answerText, type Content, content, plainAnswer } from "../content.ts";
import { countCalls } from "./counting.ts";
import { answer, listen } from "./node.ts";
import { CASES, type System } from "./system.ts";

declare module "express-session" {
  interface SessionData {
    user: string;
    visits: number;
    profile: Content["profile"];
    cart: Content["cart"];
  }
}

export const expressBare: System = {
  id: "express",
  title: "Express",
  cases: [],
  start: () => {
    const app = express();
    app.use((_request, response) => answer(response, plainAnswer));
    return listen(app.listen(0, "127.0.0.1"));
  },
};

/** What express-session does with a request that reached it, whatever runs it. */
async function serve(request: express.Request, response: express.Response): Promise<void> {
  if (request.url === "/sign-in") {
    await called((done) => request.session.regenerate(done));
    request.session.user = ACCOUNT;
    await called((done) => request.session.save(done));
  }
  if (request.url === "/fill") Object.assign(request.session, content);
  if (request.url === "/change") request.session.visits = (request.session.visits ?? 0) + 1;
  answer(response, answerText(request.session.user, request.session.profile));
}

function sessionMiddleware(store: expressSession.Store) {
  return expressSession({
    secret: "a secret for the benchmark alone",
    resave: false,
    saveUninitialized: false,
    store,
  });
}

export const expressSessionSystem: System = {
  id: "express-session",
  title: "express-session on Express",
  bare: "express",
  counts: true,
  cases: CASES,
  start({ counting }) {
    const store = new expressSession.MemoryStore();
    const operations = counting ? countCalls(store, ["get", "set", "touch", "destroy"]) : () => 0;
    const app = express();
    app.use(sessionMiddleware(store));
    app.use(serve);
    return listen(app.listen(0, "127.0.0.1"), { operations });
  },
};

/** Without Express, so that nothing but the sessions is compared. */
export const expressSessionRedis: System = {
  id: "express-session-redis",
  title: "express-session, connect-redis, on node:http",
  bare: "node",
  server: "redis",
  cases: CASES,
  async start({ urls }) {
    const client = await createClient({ url: urls.redis ?? "" }).connect();
    const middleware = sessionMiddleware(new RedisStore({ client }));
    const server = createServer((request, response) => {
      const asExpress = [request as express.Request, response as express.Response] as const;
      middleware(...asExpress, () => void serve(...asExpress));
    });
    return listen(server, { close: () => client.close() });
  },
};

/** Calls a method that wants a callback. */
function called(method: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    method((error) => (error ? reject(error) : resolve()));
  });
}
