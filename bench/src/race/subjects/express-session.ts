/**
 * express-session on Express 5: with its MemoryStore, as its documentation recommends it and untouched,
 * and with connect-redis.
 * @module
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import expressSession from "express-session";
import { respond, type SessionActions } from "../application.ts";
import { openRedisGround } from "./connect-redis.ts";
import { type Ground, idleSeconds, type Running, type Subject } from "./subject.ts";

declare module "express-session" {
  interface SessionData {
    user: string;
    [key: string]: unknown;
  }
}

const idioms = [
  "sign-in: regenerate, set the user, save (README, “User login”)",
  "sign-out: clear the user, save, regenerate (README, “User login”)",
  "step-up and periodic rotation: regenerate, then put user and data back",
  "revoke all: every session of store.all() with that user, by store.destroy",
  "renewal: cookie.maxAge with rolling: true",
];

const recommended = { resave: false, saveUninitialized: false } as const;

/** A store, and what ends and ages with it. */
type Opened = Pick<Running, "age" | "close"> & { readonly store: expressSession.Store };

const openMemory = async (): Promise<Opened> => ({
  store: new expressSession.MemoryStore(),
  close: async () => {},
});

const openRedis = ({ stores }: Ground): Promise<Opened> => openRedisGround(stores[0]?.at[0] ?? "");

export const expressSessionSubjects: readonly Subject[] = [
  subject("express-session", "express-session", recommended, {
    stores: ["memory"],
    open: openMemory,
    idiom: "express-session 1.19, MemoryStore, `resave` and `saveUninitialized` false",
  }),
  subject(
    "express-session-defaults",
    "express-session, defaults",
    {},
    {
      stores: ["memory"],
      open: openMemory,
      idiom: "express-session 1.19, MemoryStore, no option set",
    },
  ),
  subject("express-session-redis", "express-session, connect-redis", recommended, {
    stores: ["redis"],
    open: openRedis,
    idiom: "express-session 1.19, connect-redis 9, `resave` and `saveUninitialized` false",
  }),
];

function subject(
  id: string,
  title: string,
  settings: Pick<expressSession.SessionOptions, "resave" | "saveUninitialized">,
  {
    stores,
    open,
    idiom,
  }: Pick<Subject, "stores"> & {
    readonly idiom: string;
    open(ground: Ground): Promise<Opened>;
  },
): Subject {
  return {
    id,
    title,
    isOurs: false,
    idioms: [idiom, ...idioms],
    lacks: ["increment"],
    stores,
    async start(ground) {
      const { mode, clock, gates, secret } = ground;
      const seconds = idleSeconds[mode];
      clock.install();
      const { store, age, close } = await open(ground);
      const app = express();
      app.use(
        expressSession({
          secret,
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
        ...(age === undefined ? {} : { age }),
        async close() {
          server.close();
          server.closeAllConnections();
          await close();
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

function actionsOf(request: express.Request, store: expressSession.Store): SessionActions {
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
      const ids = (await allSessions(store))
        .filter(({ user }) => user === account)
        .map(({ id }) => id);
      await Promise.all(ids.map((id) => called((done) => store.destroy(id, done))));
    },
  };
}

type Stored = expressSession.SessionData & { readonly id: string };

/** Every session of a store: MemoryStore answers them by id, connect-redis in a list. */
function allSessions(store: expressSession.Store): Promise<readonly Stored[]> {
  return new Promise((resolve, reject) => {
    store.all?.((error, found) => {
      if (error) reject(error);
      else if (Array.isArray(found)) resolve(found as Stored[]);
      else resolve(Object.entries(found ?? {}).map(([id, session]) => ({ ...session, id })));
    });
  });
}
