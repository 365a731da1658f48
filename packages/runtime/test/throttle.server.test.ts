/**
 * The throttle over limiters that several processes share: a hundred guesses at once never pass more than
 * the budget, whatever counts them.
 * @module
 */
import { Redis } from "ioredis";
import { createPool, type Pool as MysqlPool } from "mysql2";
import { Pool } from "pg";
import {
  RateLimiterMemcache,
  RateLimiterMySQL,
  RateLimiterPostgres,
  RateLimiterRedis,
} from "rate-limiter-flexible";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { ProgramName } from "../../../scripts/programs.mjs";
import {
  type PrivateServer,
  startMariadb,
  startMemcached,
  startPostgres,
  startRedis,
} from "../../../scripts/servers.mjs";
import { describeWith } from "../../../test-support/needs.ts";
import { SessionRefusal } from "../src/errors.ts";
import {
  type AttemptLimiter,
  type SignInThrottle,
  signInThrottle,
  type ThrottleOptions,
} from "../src/throttle/index.ts";
import { startEngine, type TestBrowser } from "./support/engine.ts";
import { answering } from "./support/postgres.ts";
import { MemcachedClient } from "./support/throttle-memcached.ts";

/** One kind of limiter on a server of its own. */
interface Ground {
  readonly server: PrivateServer;
  /** Limiters as a process has them, over its own connection. */
  connect(): {
    readonly limiter: ThrottleOptions["limiter"];
    end(): unknown;
  };
  /** Everything that the store holds, as text. */
  contents(): Promise<string>;
  stop(): Promise<void>;
}

const TABLE = "sign_in_attempts";

async function redisGround(): Promise<Ground> {
  const server = await startRedis();
  const reader = new Redis(server.port, server.host);
  reader.on("error", () => {}); // The test ends the server under it.
  return {
    server,
    connect() {
      const storeClient = new Redis(server.port, server.host);
      storeClient.on("error", () => {});
      return {
        limiter: (options) => new RateLimiterRedis({ storeClient, ...options }),
        end: () => storeClient.disconnect(),
      };
    },
    contents: async () => (await reader.keys("*")).join("\n"),
    async stop() {
      reader.disconnect();
      await server.stop();
    },
  };
}

async function postgresGround(): Promise<Ground> {
  const server = await startPostgres();
  const open = () => {
    const pool = new Pool({ connectionString: server.url, max: 4 });
    pool.on("error", () => {});
    return pool;
  };
  const admin = open();
  await answering(admin);
  await admin.query(
    `CREATE TABLE ${TABLE} (key varchar(255) PRIMARY KEY, points integer NOT NULL DEFAULT 0, expire bigint)`,
  );
  return {
    server,
    connect() {
      const storeClient = open();
      return {
        limiter: (options) =>
          new RateLimiterPostgres({
            storeClient,
            tableName: TABLE,
            tableCreated: true,
            ...options,
          }),
        end: () => storeClient.end(),
      };
    },
    async contents() {
      const { rows } = await admin.query<{ key: string }>(`SELECT key FROM ${TABLE}`);
      return rows.map(({ key }) => key).join("\n");
    },
    async stop() {
      await admin.end();
      await server.stop();
    },
  };
}

async function mariadbGround(): Promise<Ground> {
  const server = await startMariadb();
  const { host, port, user } = server;
  const open = (): MysqlPool => createPool({ host, port, user, connectionLimit: 4 });
  const admin = open();
  const query = (sql: string) =>
    new Promise<unknown>((resolve, reject) => {
      admin.query(sql, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  await query("CREATE DATABASE shop");
  await query(
    `CREATE TABLE shop.${TABLE} (\`key\` VARCHAR(255) CHARACTER SET utf8 NOT NULL PRIMARY KEY,
    points INT NOT NULL DEFAULT 0, expire BIGINT UNSIGNED) ENGINE = INNODB`,
  );
  const end = (pool: MysqlPool) => new Promise((resolve) => pool.end(resolve));
  return {
    server,
    connect() {
      const storeClient = open();
      return {
        limiter: (options) =>
          new RateLimiterMySQL({
            storeClient,
            dbName: "shop",
            tableName: TABLE,
            tableCreated: true,
            ...options,
          }),
        end: () => end(storeClient),
      };
    },
    async contents() {
      const rows = (await query(`SELECT \`key\` FROM shop.${TABLE}`)) as { key: string }[];
      return rows.map(({ key }) => key).join("\n");
    },
    async stop() {
      await end(admin);
      await server.stop();
    },
  };
}

async function memcachedGround(): Promise<Ground> {
  const server = await startMemcached();
  const keys = new Set<string>();
  return {
    server,
    connect() {
      const storeClient = new MemcachedClient(server);
      return {
        limiter(options): AttemptLimiter {
          const limiter = new RateLimiterMemcache({ storeClient, ...options });
          return {
            consume(key) {
              keys.add(limiter.getKey(key));
              return limiter.consume(key);
            },
            get: (key) => limiter.get(key),
            // Its own adds -1, which Memcached refuses: numbers there are never negative.
            reward: (key) =>
              new Promise((resolve, reject) => {
                storeClient.decr(limiter.getKey(key), 1, (error, points) =>
                  error ? reject(error) : resolve(points),
                );
              }),
          };
        },
        end: () => storeClient.end(),
      };
    },
    // It does not list what it holds.
    contents: async () => [...keys].join("\n"),
    stop: () => server.stop(),
  };
}

const grounds = {
  redis: redisGround,
  postgres: postgresGround,
  mariadb: mariadbGround,
  memcached: memcachedGround,
} satisfies Partial<Record<ProgramName, () => Promise<Ground>>>;

const PROCESSES = 2;
const STARTING_MILLISECONDS = 60_000;

for (const [program, startGround] of Object.entries(grounds)) {
  describeWith(program as keyof typeof grounds, `throttled sign-in over ${program}`, () => {
    let ground: Ground;
    let ends: (() => unknown)[] = [];
    /** Throttles as two processes have them. */
    let throttles: SignInThrottle[] = [];
    let checked: string[] = [];
    let account = "";
    let tests = 0;

    beforeAll(async () => {
      ground = await startGround();
      const opened = Array.from({ length: PROCESSES }, () => ground.connect());
      ends = opened.map(({ end }) => end);
      throttles = opened.map(({ limiter }) =>
        signInThrottle({ limiter, policy: { failureSeconds: 0.1 } }),
      );
    }, STARTING_MILLISECONDS);
    beforeEach(() => {
      checked = [];
      tests++;
      account = `alice-${tests}@example.com`;
    });
    afterAll(async () => {
      for (const end of ends) await end();
      await ground.stop();
    });

    // A hundred guesses at once wait for each other in a database on a busy machine.
    const engine = startEngine({ now: Date.now, policy: { storeDeadlineSeconds: 20 } });
    let guesses = 0;
    const guess = async (
      address: string,
      isRight = false,
      browser: TestBrowser = engine.newBrowser(),
    ): Promise<"in" | "wrong" | "throttled"> => {
      const throttle = throttles[guesses++ % PROCESSES] as SignInThrottle;
      const { result } = await browser.visit(
        async (session) => {
          try {
            const found = await throttle.attempt(session, { account }, () => {
              checked.push(address);
              return isRight;
            });
            return found ? "in" : "wrong";
          } catch (error) {
            if (error instanceof SessionRefusal) return "throttled";
            throw error;
          }
        },
        { address },
      );
      return result;
    };
    const address = (n: number) => `198.51.${tests}.${n}`;
    const atOnce = (from: (n: number) => string) =>
      Promise.all(Array.from({ length: 100 }, (_, n) => guess(from(n))));

    it("lets five of a hundred guesses at once through from one address, and costs the account no more", async () => {
      const outcomes = await atOnce(() => address(1));
      expect(checked).toHaveLength(5);
      expect(outcomes.filter((outcome) => outcome === "throttled")).toHaveLength(95);
      expect(await guess(address(1), true)).toBe("throttled");
      await atOnce((n) => address(n + 2));
      expect(checked).toHaveLength(20);
      expect(await guess(address(200), true)).toBe("throttled");
    });

    it("lets twenty of a hundred guesses at once through from a hundred addresses", async () => {
      const outcomes = await atOnce(address);
      expect(outcomes.filter((outcome) => outcome === "wrong")).toHaveLength(20);
      expect(checked).toHaveLength(20);
    });

    it("gives a success back, and lets a known device in while strangers are refused", async () => {
      const owner = engine.newBrowser();
      for (let n = 0; n < 8; n++) expect(await guess(address(1), true)).toBe("in");
      expect(await guess(address(1), true, owner)).toBe("in");
      await atOnce(() => address(1));
      expect(checked).toHaveLength(9 + 5);
      await atOnce(address);
      expect(checked).toHaveLength(9 + 20);
      for (let n = 0; n < 12; n++) expect(await guess(address(1), true, owner)).toBe("in");
      expect(await guess(address(201), true)).toBe("throttled");
    });

    it("keeps neither names nor addresses", async () => {
      await guess(address(1));
      const contents = await ground.contents();
      expect(contents.split("\n").length).toBeGreaterThan(7);
      for (const key of contents.split("\n")) {
        expect(key).toMatch(/^holdfast_[a-z]+_\d+:[\w-]{22}(_expire)?$/);
      }
      expect(contents).not.toMatch(/alice|example|198\.51/);
    });

    it("refuses every attempt once the server is gone", async () => {
      await ground.server.kill();
      const { sessions } = startEngine({ now: Date.now, policy: { storeDeadlineSeconds: 0.5 } });
      const exchange = await sessions.open(engine.newBrowser().view());
      const [throttle] = throttles as [SignInThrottle];
      const attempt = throttle.attempt(exchange.session, { account }, () => {
        checked.push("the password was looked at");
        return true;
      });
      await expect(attempt).rejects.toMatchObject({ code: "HOLDFAST_STORE", status: 503 });
      expect(checked).toEqual([]);
      await ground.server.start();
    });
  });
}
