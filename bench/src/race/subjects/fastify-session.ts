/**
 * @fastify/session on Fastify 5: with its memory store and with connect-redis, with rolling sessions, its
 * default, and without.
 * @module
 */
import type { AddressInfo } from "node:net";
import fastifyCookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import fastify, { type FastifyRequest } from "fastify";
import { respond, type SessionActions } from "../application.ts";
import { openRedisGround } from "./connect-redis.ts";
import { type Ground, idleSeconds, type Running, type Subject } from "./subject.ts";

declare module "fastify" {
  interface Session {
    user?: string | undefined;
    [key: string]: unknown;
  }
}

const idioms = [
  "sign-in: regenerate, then set the user",
  "sign-out: destroy",
  "step-up and periodic rotation: regenerate, keeping user and data",
  "revoke all: every session in the store with that user, by store.destroy",
];

/** A store, how to find an account's sessions in it, and what ends and ages with it. */
type Opened = Pick<Running, "age" | "close"> & {
  readonly store: fastifySession.SessionStore;
  idsOf(account: string): Promise<readonly string[]>;
};

async function openMemory(): Promise<Opened> {
  const kept = new Map<string, fastifySession.FastifySessionObject>();
  return {
    store: new fastifySession.MemoryStore(kept),
    idsOf: async (account) =>
      [...kept].filter(([, session]) => session.user === account).map(([id]) => id),
    close: async () => {},
  };
}

async function openRedis({ stores }: Ground): Promise<Opened> {
  const { store, age, close } = await openRedisGround(stores[0]?.at[0] ?? "");
  return {
    // Made for express-session, whose sessions are declared otherwise; the methods are the same.
    store: store as unknown as fastifySession.SessionStore,
    async idsOf(account) {
      const all = (await store.all()) as { readonly id: string; readonly user?: string }[];
      return all.filter(({ user }) => user === account).map(({ id }) => id);
    },
    age,
    close,
  };
}

const memory = {
  stores: ["memory"],
  open: openMemory,
  idiom: "@fastify/session 11, memory store, `saveUninitialized` false",
} as const;
const redis = {
  stores: ["redis"],
  open: openRedis,
  idiom: "@fastify/session 11, connect-redis 9, `saveUninitialized` false",
} as const;

export const fastifySessionSubjects: readonly Subject[] = [
  subject("fastify-session", "@fastify/session", true, memory),
  subject("fastify-session-still", "@fastify/session, not rolling", false, memory),
  subject("fastify-session-redis", "@fastify/session, connect-redis", true, redis),
  subject(
    "fastify-session-redis-still",
    "@fastify/session, connect-redis, not rolling",
    false,
    redis,
  ),
];

function subject(
  id: string,
  title: string,
  rolling: boolean,
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
    idioms: [idiom, ...idioms, rolling ? "renewal: rolling: true" : "renewal: touch, then save"],
    lacks: ["increment"],
    stores,
    async start(ground) {
      const { mode, clock, gates, secret } = ground;
      const seconds = idleSeconds[mode];
      clock.install();
      const { store, idsOf, age, close } = await open(ground);
      const app = fastify();
      await app.register(fastifyCookie);
      await app.register(fastifySession, {
        secret,
        store,
        saveUninitialized: false,
        rolling,
        cookie: {
          secure: false,
          ...(seconds === undefined ? {} : { maxAge: seconds * 1000 }),
        },
      });
      const revokeAll = async (account: string) => {
        const ids = await idsOf(account);
        await Promise.all(
          ids.map((sid) => new Promise<void>((resolve) => store.destroy(sid, () => resolve()))),
        );
      };
      app.all("/*", (request) =>
        respond(actionsOf(request, rolling, revokeAll), request.url, gates),
      );
      await app.listen({ port: 0, host: "127.0.0.1" });
      return {
        port: (app.server.address() as AddressInfo).port,
        ...(age === undefined ? {} : { age }),
        async close() {
          app.server.closeAllConnections();
          await app.close();
          await close();
        },
      };
    },
  };
}

function actionsOf(
  request: FastifyRequest,
  rolling: boolean,
  revokeAll: (account: string) => Promise<void>,
): SessionActions {
  const rotate = () => {
    const keys = Object.keys(request.session).filter((key) => key !== "cookie");
    return request.session.regenerate(keys);
  };
  return {
    subject: () => request.session.user,
    get: (key) => request.session[key],
    set: (key, value) => {
      request.session[key] = value;
    },
    async signIn(account) {
      await request.session.regenerate();
      request.session.user = account;
    },
    signOut: () => request.session.destroy(),
    stepUp: rotate,
    rotate,
    ...(rolling
      ? {}
      : {
          async renew() {
            request.session.touch();
            await request.session.save();
          },
        }),
    revokeAll,
  };
}
