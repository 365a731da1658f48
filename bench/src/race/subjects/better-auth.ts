/**
 * better-auth on `node:http`, accounts in PostgreSQL: sessions there too, or in Redis by its secondary
 * storage. Its session data is declared fields, and it has no sessions before a sign-in.
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BetterAuthOptions } from "better-auth";
import type { Pool } from "pg";
import type { RedisClientType } from "redis";
import type { StoreDescription } from "../../support/stores.ts";
import { respond, type SessionActions } from "../application.ts";
import { ageKeys, connectedRedis } from "./connect-redis.ts";
import { type Ground, idleSeconds, type Mode, type Running, type Subject } from "./subject.ts";

const idioms = [
  "better-auth 1.7.25, accounts in PostgreSQL; sessions in PostgreSQL, or in Redis as secondary storage",
  "data: session.additionalFields, by updateSession",
  "sign-in: signInEmail; sign-out: signOut; renewal: getSession with updateAge 0",
  "revoke all: deleteUserSessions of the internal adapter, as the admin plugin does",
  "held: in password.verify, or between the storage's read and write; in PostgreSQL before the update",
];

const PASSWORD = "correct horse battery staple";
/** Fields of a session: what the cells write. */
const FIELDS = ["late", "n", ...Array.from({ length: 50 }, (_, n) => `k${n}`)];

export const betterAuthSubjects: readonly Subject[] = [
  subject("better-auth-redis", "better-auth, secondary storage in Redis", ["redis", "postgres"]),
  subject("better-auth-postgres", "better-auth, PostgreSQL", ["postgres"]),
];

function subject(id: string, title: string, stores: Subject["stores"]): Subject {
  return {
    id,
    title,
    isOurs: false,
    idioms,
    lacks: ["increment", "step-up", "rotation", "anonymous"],
    stores,
    async prepare(prepared) {
      const { default: pg } = await import("pg");
      const pool = new pg.Pool({ connectionString: urlOf(prepared, "postgres") });
      const { getMigrations } = await import("better-auth/db/migration");
      const options = optionsFor(
        pool,
        undefined,
        "plain",
        "a secret that is not used here at all",
        {},
      );
      const { runMigrations } = await getMigrations(options);
      await runMigrations();
      await pool.end();
    },
    start,
  };
}

function urlOf(stores: readonly StoreDescription[], name: StoreDescription["store"]): string {
  return stores.find(({ store }) => store === name)?.at[0] ?? "";
}

/** What is done in the middle of a call of better-auth's. */
interface Inside {
  /** Waits as the request was told to, the first time. */
  pass?(): Promise<void>;
}

function optionsFor(
  pool: Pool,
  redis: RedisClientType | undefined,
  mode: Mode,
  secret: string,
  { pass }: Inside,
) {
  const seconds = idleSeconds[mode];
  return {
    secret,
    baseURL: "http://127.0.0.1",
    database: pool,
    logger: { disabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      autoSignIn: false,
      password: {
        hash: async (password: string) => password,
        async verify({ hash, password }: { readonly hash: string; readonly password: string }) {
          await pass?.();
          return hash === password;
        },
      },
    },
    session: {
      ...(seconds === undefined ? {} : { expiresIn: seconds, updateAge: 0 }),
      additionalFields: Object.fromEntries(
        FIELDS.map((name) => [name, { type: "number", required: false } as const]),
      ),
    },
    ...(redis === undefined
      ? {}
      : {
          secondaryStorage: {
            get: (key: string) => redis.get(key),
            async set(key: string, value: string, ttl?: number) {
              await pass?.();
              if (ttl === undefined) await redis.set(key, value);
              else await redis.set(key, value, { expiration: { type: "EX", value: ttl } });
            },
            async delete(key: string) {
              await redis.del(key);
            },
            getAndDelete: (key: string) => redis.getDel(key),
            // Counts for the rate limit, which is off here.
            async increment(key: string, ttl: number) {
              const count = await redis.incr(key);
              if (count === 1) await redis.expire(key, ttl);
              return count;
            },
          },
        }),
  } satisfies BetterAuthOptions;
}

async function start({ mode, stores, secret, clock, gates }: Ground): Promise<Running> {
  clock.install();
  const { betterAuth } = await import("better-auth");
  const { APIError } = await import("better-auth/api");
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({ connectionString: urlOf(stores, "postgres") });
  const redisUrl = urlOf(stores, "redis");
  const redis = redisUrl === "" ? undefined : await connectedRedis(redisUrl);

  const inside = new AsyncLocalStorage<{ work: (() => Promise<void>) | undefined }>();
  const pass = async () => {
    const held = inside.getStore();
    const work = held?.work;
    if (held !== undefined) held.work = undefined;
    await work?.();
  };
  const auth = betterAuth(optionsFor(pool, redis, mode, secret, { pass }));
  const context = await auth.$context;

  /** The actions of one request; `receive` is given what its response must set. */
  async function actionsOf(
    headers: Headers,
    receive: (set: Headers) => void,
  ): Promise<SessionActions> {
    // With an idle timeout this read renews, as better-auth does with every one.
    const loaded = await auth.api.getSession({ headers, returnHeaders: true });
    receive(loaded.headers);
    const values: Record<string, unknown> = { ...loaded.response?.session };
    const emailOf = (account: string) => `${account}@race.test`;
    const notHere = async (): Promise<never> => {
      throw new Error("better-auth has no such operation");
    };
    return {
      subject: () => loaded.response?.user.name,
      get: (key) => values[key],
      async set(key, value) {
        const updated = await auth.api.updateSession({
          headers,
          body: { [key]: value } as never,
          returnHeaders: true,
        });
        receive(updated.headers);
        values[key] = value;
      },
      async waitInside(work, step) {
        // PostgreSQL reads and writes in one statement: there the request waits before it.
        const held = { work };
        if (redis === undefined && headers.has("cookie")) await inside.run(held, pass);
        await inside.run(held, async () => step());
        await inside.run(held, pass);
      },
      async beginSignIn(account) {
        const [email, password] = [emailOf(account), PASSWORD];
        const known = await context.internalAdapter.findUserByEmail(email);
        if (known === null)
          await auth.api.signUpEmail({ body: { email, password, name: account } });
        return "";
      },
      async signIn(account) {
        const body = { email: emailOf(account), password: PASSWORD };
        receive((await auth.api.signInEmail({ headers, body, returnHeaders: true })).headers);
      },
      async signOut() {
        receive((await auth.api.signOut({ headers, returnHeaders: true })).headers);
      },
      stepUp: notHere,
      rotate: notHere,
      async renew() {
        receive((await auth.api.getSession({ headers, returnHeaders: true })).headers);
      },
      async revokeAll(account) {
        const found = await context.internalAdapter.findUserByEmail(emailOf(account));
        if (found !== null) await context.internalAdapter.deleteUserSessions(found.user.id);
      },
    };
  }

  const server = createServer(async (request, response) => {
    const { cookie } = request.headers;
    const headers = new Headers(cookie === undefined ? {} : { cookie });
    const setCookies: string[] = [];
    const receive = (set: Headers) => void setCookies.push(...set.getSetCookie());
    try {
      const actions = await actionsOf(headers, receive);
      const page = await respond(actions, request.url ?? "/", gates);
      response.setHeader("Set-Cookie", setCookies).setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(page));
    } catch (error) {
      response.statusCode = error instanceof APIError ? error.statusCode : 500;
      response.end(String(error));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    ...(redis === undefined ? {} : { age: (seconds: number) => ageKeys(redis, seconds) }),
    async close() {
      server.close();
      server.closeAllConnections();
      await redis?.close();
      await pool.end();
    },
  };
}
