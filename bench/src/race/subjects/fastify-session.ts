/**
 * @fastify/session on Fastify 5 with its memory store: with rolling sessions, its default, and without.
 * @module
 */
import type { AddressInfo } from "node:net";
import fastifyCookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import fastify, { type FastifyRequest } from "fastify";
import { respond, type SessionActions } from "../application.ts";
import { idleSeconds, type Subject } from "./subject.ts";

declare module "fastify" {
  interface Session {
    user?: string | undefined;
    [key: string]: unknown;
  }
}

const idioms = [
  "@fastify/session 11, memory store; `saveUninitialized` false, `rolling` at its default or false",
  "sign-in: regenerate, then set the user",
  "sign-out: destroy",
  "step-up and periodic rotation: regenerate, keeping user and data",
  "revoke all: every session in the store's own Map with that user, by store.destroy",
];

export const fastifySessionSubjects: readonly Subject[] = [
  subject("fastify-session", "@fastify/session", true),
  subject("fastify-session-still", "@fastify/session, not rolling", false),
];

function subject(id: string, title: string, rolling: boolean): Subject {
  return {
    id,
    title,
    isOurs: false,
    idioms: [...idioms, rolling ? "renewal: rolling: true" : "renewal: touch, then save"],
    canIncrement: false,
    async start({ mode, clock, gates }) {
      const seconds = idleSeconds[mode];
      clock.install();
      const kept = new Map<string, fastifySession.FastifySessionObject>();
      const store = new fastifySession.MemoryStore(kept);
      const app = fastify();
      await app.register(fastifyCookie);
      await app.register(fastifySession, {
        secret: "a secret for the race harness alone",
        store,
        saveUninitialized: false,
        rolling,
        cookie: {
          secure: false,
          ...(seconds === undefined ? {} : { maxAge: seconds * 1000 }),
        },
      });
      const revokeAll = async (account: string) => {
        const ids = [...kept].filter(([, session]) => session.user === account).map(([sid]) => sid);
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
        async close() {
          app.server.closeAllConnections();
          await app.close();
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
