/**
 * Express 5 alone, and with express-session and its MemoryStore.
 * @module
 */
import express from "express";
import expressSession from "express-session";
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

export const expressSessionSystem: System = {
  id: "express-session",
  title: "express-session on Express",
  bare: "express",
  cases: CASES,
  start({ counting }) {
    const store = new expressSession.MemoryStore();
    const operations = counting ? countCalls(store, ["get", "set", "touch", "destroy"]) : () => 0;
    const app = express();
    app.use(
      expressSession({
        secret: "a secret for the benchmark alone",
        resave: false,
        saveUninitialized: false,
        store,
      }),
    );
    app.use(async (request, response) => {
      if (request.url === "/sign-in") {
        await called((done) => request.session.regenerate(done));
        request.session.user = ACCOUNT;
        await called((done) => request.session.save(done));
      }
      if (request.url === "/fill") Object.assign(request.session, content);
      if (request.url === "/change") {
        request.session.visits = (request.session.visits ?? 0) + 1;
      }
      answer(response, answerText(request.session.user, request.session.profile));
    });
    return listen(app.listen(0, "127.0.0.1"), { operations });
  },
};

/** Calls a method that wants a callback. */
function called(method: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    method((error) => (error ? reject(error) : resolve()));
  });
}
