/**
 * express-session on Express 5 with its MemoryStore: as its documentation recommends it, and untouched.
 * @module
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import expressSession from "express-session";
import { respond, type SessionActions } from "../application.ts";
import { idleSeconds, type Subject } from "./subject.ts";

declare module "express-session" {
  interface SessionData {
    user: string;
    [key: string]: unknown;
  }
}

const idioms = [
  "express-session 1.19, MemoryStore; `resave` and `saveUninitialized` false, or both untouched",
  "sign-in: regenerate, set the user, save (README, “User login”)",
  "sign-out: clear the user, save, regenerate (README, “User login”)",
  "step-up and periodic rotation: regenerate, then put user and data back",
  "revoke all: every session of store.all() with that user, by store.destroy",
  "renewal: cookie.maxAge with rolling: true",
];

export const expressSessionSubjects: readonly Subject[] = [
  subject("express-session", "express-session", {
    resave: false,
    saveUninitialized: false,
  }),
  subject("express-session-defaults", "express-session, defaults", {}),
];

function subject(
  id: string,
  title: string,
  settings: Pick<expressSession.SessionOptions, "resave" | "saveUninitialized">,
): Subject {
  return {
    id,
    title,
    isOurs: false,
    idioms,
    canIncrement: false,
    async start({ mode, clock, gates }) {
      const seconds = idleSeconds[mode];
      clock.install();
      const store = new expressSession.MemoryStore();
      const app = express();
      app.use(
        expressSession({
          secret: "a secret for the race harness alone",
          store,
          ...settings,
          ...(seconds === undefined ? {} : { rolling: true, cookie: { maxAge: seconds * 1000 } }),
        }),
      );
      app.use(async (request, response) => {
        const page = await respond(actionsOf(request, store), request.originalUrl, gates);
        response.json(page);
      });
      const server = app.listen(0, "127.0.0.1");
      await once(server, "listening");
      return {
        port: (server.address() as AddressInfo).port,
        async close() {
          server.close();
          server.closeAllConnections();
        },
      };
    },
  };
}

/** Calls a method that wants a callback. */
function called(method: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    method((error) => (error ? reject(error) : resolve()));
  });
}

function actionsOf(request: express.Request, store: expressSession.MemoryStore): SessionActions {
  const regenerate = () => called((done) => request.session.regenerate(done));
  const save = () => called((done) => request.session.save(done));
  const rotate = async () => {
    const { cookie: _, ...kept } = request.session;
    await regenerate();
    Object.assign(request.session, kept);
    await save();
  };
  return {
    subject: () => request.session.user,
    get: (key) => request.session[key],
    set: (key, value) => {
      request.session[key] = value;
    },
    async signIn(account) {
      await regenerate();
      request.session.user = account;
      await save();
    },
    async signOut() {
      delete request.session.user;
      await save();
      await regenerate();
    },
    stepUp: rotate,
    rotate,
    async revokeAll(account) {
      const all = await new Promise<Record<string, expressSession.SessionData>>((resolve) => {
        store.all((_error, found) => resolve((found ?? {}) as typeof all));
      });
      const ids = Object.keys(all).filter((id) => all[id]?.user === account);
      await Promise.all(ids.map((id) => called((done) => store.destroy(id, done))));
    },
  };
}
