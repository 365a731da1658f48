/**
 * better-auth: its sessions in PostgreSQL, and in Redis as its secondary storage.
 * @module
 */
import { createServer, type IncomingMessage } from "node:http";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders } from "better-auth/node";
import pg from "pg";
import { createClient } from "redis";
import { answerText, content } from "../content.ts";
import { answer, listen } from "./node.ts";
import type { RunningSystem, ServerName, System, SystemGround } from "./system.ts";

const email = "grace@example.test";
const password = "a password for the benchmark alone";

async function start(
  options: BetterAuthOptions,
  close: () => Promise<unknown>,
): Promise<RunningSystem> {
  const all = {
    ...options,
    baseURL: "http://127.0.0.1",
    secret: "a secret for the benchmark alone, long enough",
    logger: { disabled: true },
    rateLimit: { enabled: false },
    // How long a password takes to check is not what is measured.
    emailAndPassword: {
      enabled: true,
      password: { hash: async (text: string) => text, verify: async () => true },
    },
  } satisfies BetterAuthOptions;
  if (options.database !== undefined) await (await getMigrations(all)).runMigrations();
  const auth = betterAuth(all);
  await auth.api
    .signUpEmail({ body: { email, password, name: content.profile.name } })
    .catch(() => {}); // The account is there from the process before.
  const server = createServer(async (request, response) => {
    if (request.url === "/sign-in") {
      const { headers } = await auth.api.signInEmail({
        body: { email, password },
        returnHeaders: true,
      });
      response.setHeader("Set-Cookie", headers.getSetCookie());
      return answer(response, answerText(email, content.profile));
    }
    const found = await auth.api.getSession({ headers: headersOf(request) });
    answer(response, answerText(found?.user.email, found ? content.profile : undefined));
  });
  return listen(server, { close });
}

const headersOf = (request: IncomingMessage) => fromNodeHeaders(request.headers);

function system(
  id: string,
  title: string,
  server: ServerName,
  open: (ground: SystemGround) => Promise<RunningSystem>,
): System {
  const cases = ["none", "unchanged", "sign-in", "forged"] as const;
  return { id, title, bare: "node", server, cases, start: open };
}

export const betterAuthPostgres: System = system(
  "better-auth-postgres",
  "better-auth on node:http, PostgreSQL (without the content)",
  "postgres",
  ({ urls }) => {
    const database = new pg.Pool({ connectionString: urls.postgres ?? "" });
    return start({ database }, () => database.end());
  },
);

export const betterAuthRedis: System = system(
  "better-auth-redis",
  "better-auth on node:http, Redis (without the content)",
  "redis",
  async ({ urls }) => {
    const client = await createClient({ url: urls.redis ?? "" }).connect();
    const secondaryStorage = {
      get: (key: string) => client.get(key),
      async set(key: string, value: string, ttl?: number) {
        await (ttl === undefined ? client.set(key, value) : client.setEx(key, ttl, value));
      },
      getAndDelete: (key: string) => client.getDel(key),
      increment: (key: string) => client.incr(key),
      async delete(key: string) {
        await client.del(key);
      },
    };
    return start({ secondaryStorage }, () => client.close());
  },
);
