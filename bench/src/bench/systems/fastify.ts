/**
 * Fastify 5 alone, and with @fastify/session, on its memory store and on Redis.
 * @module
 */
import fastifyCookie from "@fastify/cookie";
import fastifySession, { type FastifySessionOptions } from "@fastify/session";
import { RedisStore } from "connect-redis";
import fastify, { type FastifyInstance } from "fastify";
import { createClient } from "redis";
import { ACCOUNT, answerText, type Content, content, plainAnswer } from "../content.ts";
import { countCalls } from "./counting.ts";
import { listen } from "./node.ts";
import { CASES, type RunningSystem, type System } from "./system.ts";

declare module "fastify" {
  interface Session {
    visits?: number;
    profile?: Content["profile"];
    cart?: Content["cart"];
  }
}

interface Parts {
  readonly operations?: () => number;
  readonly close?: () => unknown;
}

async function start(
  app: FastifyInstance,
  { operations = () => 0, close: closeStore }: Parts = {},
): Promise<RunningSystem> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  const close = async () => {
    await app.close();
    await closeStore?.();
  };
  return listen(app.server, { operations, close });
}

export const fastifyBare: System = {
  id: "fastify",
  title: "Fastify",
  cases: [],
  start() {
    const app = fastify();
    app.all("/*", (_request, reply) => reply.type("application/json").send(plainAnswer));
    return start(app);
  },
};

type Store = NonNullable<FastifySessionOptions["store"]>;

async function application(store: Store): Promise<FastifyInstance> {
  const app = fastify();
  await app.register(fastifyCookie);
  await app.register(fastifySession, {
    secret: "a secret for the benchmark alone",
    store,
    saveUninitialized: false,
    cookie: { secure: false },
  });
  app.all("/*", async (request, reply) => {
    if (request.url === "/sign-in") {
      await request.session.regenerate();
      request.session.user = ACCOUNT;
    }
    if (request.url === "/fill") Object.assign(request.session, content);
    if (request.url === "/change") request.session.visits = (request.session.visits ?? 0) + 1;
    const { user, profile } = request.session;
    return reply.type("application/json").send(answerText(user, profile));
  });
  return app;
}

export const fastifySessionSystem: System = {
  id: "fastify-session",
  title: "@fastify/session on Fastify",
  bare: "fastify",
  counts: true,
  cases: CASES,
  async start({ counting }) {
    const store = new fastifySession.MemoryStore();
    const operations = counting ? countCalls(store, ["get", "set", "destroy"]) : () => 0;
    return start(await application(store), { operations });
  },
};

export const fastifySessionRedis: System = {
  id: "fastify-session-redis",
  title: "@fastify/session, connect-redis, on Fastify",
  bare: "fastify",
  server: "redis",
  cases: CASES,
  async start({ urls }) {
    const client = await createClient({ url: urls.redis ?? "" }).connect();
    const store = new RedisStore({ client });
    return start(await application(store as unknown as Store), { close: () => client.close() });
  },
};
