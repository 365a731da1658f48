/**
 * Keys change, and the key service goes away, while requests are served: no error, nobody signed out, and
 * no request asks the service. Two processes' worth of servers on one store, Vault's protocol over HTTP.
 *
 * `HOLDFAST_TEST_KEYS_LOAD=500x60` makes it 500 requests a second for about a minute.
 * @module
 */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createKeyring } from "../../src/crypto/create-keyring.ts";
import type { Keyring } from "../../src/crypto/keyring.ts";
import { readToken, storeKeyOf } from "../../src/crypto/token.ts";
import { vaultKeyring, vaultKeyService } from "../../src/keys/vault.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { SessionStore } from "../../src/stores/store.ts";
import { holdfast, moduleOf } from "../support/command.ts";
import { type Engine, startEngine } from "../support/engine.ts";
import { type Pages, servers, type TestServer } from "../support/http.ts";
import { type FakeVault, startVault } from "../support/vault.ts";
import { LoadUser, RequestLoad } from "./request-load.ts";
import { testFolders } from "./ring-file.ts";

const [RATE = 80, SECONDS = 2] = (process.env.HOLDFAST_TEST_KEYS_LOAD ?? "")
  .split("x")
  .filter((part) => part !== "")
  .map(Number);
const TIMEOUT_MILLISECONDS = 20_000 + SECONDS * 2000;
const USERS = 40;
const COOKIE = "__Host-sid";

const newFolder = testFolders();
const start = servers.find(([name]) => name === "node")?.[1];
if (start === undefined) throw new Error("there is no adapter for Node's own server");

const pages: Pages = {
  "/me": (session) => session.subject ?? "",
  "/write": (session) => {
    session.update("n", (n = 0) => (n as number) + 1);
    return session.subject ?? "";
  },
};

let vault: FakeVault;
beforeAll(async () => {
  vault = await startVault();
  vault.createKey("holdfast", true);
});
afterAll(() => vault.stop());

/** One process: its own ring, engine and server. */
interface Process {
  readonly ring: Keyring;
  readonly engine: Engine;
  readonly server: TestServer;
}

let folder: string;
let path: string;
let module: string;
let store: SessionStore;
let problems: string[];
let processes: Process[];

beforeEach(async () => {
  // Only the rings' own look at the file, so that the test says when a minute is over.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  folder = newFolder();
  path = join(folder, "app.keys");
  store = memoryStore();
  problems = [];
  processes = [];
  const vaultOptions = { address: vault.url, token: vault.token, key: "holdfast" };
  module = moduleOf(folder, { keyService: vaultKeyService(vaultOptions) });
  await keys("generate", `${path}.plain`);
  await keys("wrap", `${path}.plain`, path, "--service", module);
});
afterEach(async () => {
  for (const { ring, server } of processes) {
    await server[Symbol.asyncDispose]();
    ring.close();
  }
  await vault.stop();
  await vault.start();
  vi.useRealTimers();
});

/** @param aheadMinutes How far the command's clock is ahead: a promotion waits five minutes. */
async function keys(...args: readonly (string | number)[]): Promise<void> {
  const ahead = typeof args[0] === "number" ? args[0] : 0;
  const words = args.filter((arg) => typeof arg === "string");
  const { code, err } = await holdfast(["keys", ...words], Date.now() + ahead * 60_000);
  expect({ code, err }).toEqual({ code: 0, err: "" });
}

const openVault = (): Promise<Keyring> =>
  vaultKeyring({
    file: path,
    address: vault.url,
    token: async () => vault.token,
    key: "holdfast",
    deadlineSeconds: 5,
    onProblem: ({ message }) => void problems.push(message),
  });

async function startProcess(keyring: Keyring): Promise<Process> {
  const engine = startEngine({ keyring, store, clock: { now: Date.now } as never });
  const server = await (start as NonNullable<typeof start>)(engine.sessions, {
    ...pages,
    "/login": async (session) => {
      const name = `user-${signIns}`;
      signIns += 1;
      await session.signIn(name, { level: "password" });
      return name;
    },
  });
  const started = { ring: keyring, engine, server };
  processes.push(started);
  return started;
}
let signIns = 0;

/** Lets every ring look at its file, and waits until what it asked for is there. */
async function minuteUntil(isDone: () => boolean): Promise<void> {
  vi.advanceTimersByTime(60_000);
  await vi.waitFor(() => expect(isDone()).toBe(true), { timeout: 10_000, interval: 5 });
}

const isHeldBy = (number: number) => () =>
  processes.every(({ ring }) => typeof ring.find(number) === "object");
const isCurrent = (number: number) => () =>
  processes.every(({ ring }) => ring.current.number === number);

/** Runs the load, and meanwhile the steps, each in its share of the time. */
async function underLoad(steps: readonly (() => Promise<void>)[]) {
  signIns = 0;
  const ended = new AbortController();
  const load = new RequestLoad({
    ports: processes.map(({ server }) => server.port),
    ratePerSecond: RATE,
    users: USERS,
    signal: ended.signal,
  });
  await load.signIn();
  vault.reset();
  const running = load.run();
  try {
    for (const step of [...steps, async () => {}]) {
      const share = (SECONDS * 1000) / (steps.length + 1);
      const until = performance.now() + share;
      // Until enough was served, not for a time: a slow machine only takes longer.
      await vi.waitFor(() => expect(performance.now()).toBeGreaterThan(until), {
        timeout: share + 5000,
        interval: 20,
      });
      await step();
    }
  } finally {
    ended.abort();
  }
  return { load, report: await running };
}

function expectNothingLost(report: Awaited<ReturnType<typeof underLoad>>["report"]): void {
  const { sent, served, signedOut, errors, p99Milliseconds } = report;
  process.stderr.write(
    `keys under load: ${sent} requests, ${report.cookies} cookies replaced, p99 ${p99Milliseconds} ms, Vault asked ${vault.calls} times, errors ${JSON.stringify(errors)}\n`,
  );
  expect({ signedOut, errors }).toEqual({ signedOut: 0, errors: {} });
  expect(served).toBe(sent);
  expect(served).toBeGreaterThan((RATE * SECONDS) / 2);
  for (const { server, engine } of processes) {
    expect(server.errors).toEqual([]);
    expect(engine.events.map(({ type }) => type)).not.toContain("token.refused");
  }
}

const tokenOf = (user: LoadUser | undefined) => user?.jar.get(COOKIE) ?? "";
const keyNumberOf = (user: LoadUser | undefined) => readToken(tokenOf(user))?.keyNumber;

describe("keys held by Vault, under load", () => {
  it(
    "are rotated and promoted while requests are served: no error, nobody signed out",
    async () => {
      for (const ring of [await openVault(), await openVault()]) await startProcess(ring);
      const { load, report } = await underLoad([
        async () => {
          await keys("rotate", path, "--service", module);
          await minuteUntil(isHeldBy(1));
        },
        async () => {
          await keys(6, "promote", path);
          await minuteUntil(isCurrent(1));
        },
        async () => {
          await keys("rotate", path, "--index", "--service", module);
          await minuteUntil(() => processes.every(({ ring }) => ring.indexKeys.length === 2));
        },
      ]);
      expectNothingLost(report);
      expect(problems).toEqual([]);
      // The command wrapped two keys, and each of two processes opened both.
      expect(vault.calls).toBe(2 + 2 * 2);
      // Whoever asks gets a cookie under the new key.
      const port = processes[0]?.server.port ?? 0;
      for (const user of load.users) {
        expect(await load.ask(user, port, "/me")).toEqual({ status: 200, body: user.name });
      }
      expect(new Set(load.users.map(keyNumberOf))).toEqual(new Set([1]));
      expect(report.cookies).toBeGreaterThanOrEqual(USERS);
    },
    TIMEOUT_MILLISECONDS,
  );

  it(
    "are served while one process has read the promotion and the other has not",
    async () => {
      const [early, late] = [await openVault(), await openVault()];
      for (const ring of [early, late]) await startProcess(ring);
      await keys("rotate", path, "--service", module);
      await minuteUntil(isHeldBy(1));
      // The late one's clock stands: its file is not read again.
      late.close();
      const { report } = await underLoad([
        async () => {
          await keys(6, "promote", path);
          await minuteUntil(() => early.current.number === 1);
        },
      ]);
      expect(late.current.number).toBe(0);
      expectNothingLost(report);
      expect(vault.calls).toBe(0);
    },
    TIMEOUT_MILLISECONDS,
  );

  it(
    "are served while Vault is stopped, sealed and silent, also through a promotion",
    async () => {
      for (const ring of [await openVault(), await openVault()]) await startProcess(ring);
      await keys("rotate", path, "--service", module);
      await minuteUntil(isHeldBy(1));
      const { report } = await underLoad([
        () => vault.stop(),
        async () => {
          await keys(6, "promote", path);
          await minuteUntil(isCurrent(1));
        },
        async () => {
          await vault.start();
          await keys("rotate", path, "--service", module);
          await vault.stop();
          await minuteUntil(() => problems.length === 2);
          vi.advanceTimersByTime(60_000);
        },
        async () => {
          await vault.start();
          vault.mode = "sealed";
          await minuteUntil(() => problems.length === 4);
        },
        async () => {
          vault.mode = "up";
          await minuteUntil(isHeldBy(2));
        },
      ]);
      expectNothingLost(report);
      // Each process told of each problem once: unreachable, then sealed.
      expect(problems.filter((text) => /cannot be reached/.test(text))).toHaveLength(2);
      expect(problems.filter((text) => /is sealed/.test(text))).toHaveLength(2);
    },
    TIMEOUT_MILLISECONDS,
  );

  it("are not asked for by a request whose key is missing", async () => {
    const { server, ring, engine } = await startProcess(await openVault());
    const load = new RequestLoad({
      ports: [server.port],
      ratePerSecond: RATE,
      users: 1,
      signal: AbortSignal.abort(),
    });
    signIns = 0;
    await load.signIn();
    const [user] = load.users;
    const bytes = Buffer.from(tokenOf(user), "base64url");
    vault.reset();
    const reload = vi.spyOn(ring, "reload");
    for (let number = 1; number < 16; number++) {
      bytes[0] = (1 << 4) | number;
      const stranger = new LoadUser("stranger");
      stranger.jar.set(COOKIE, bytes.toString("base64url"));
      expect(await load.ask(stranger, server.port, "/me")).toEqual({ status: 200, body: "" });
    }
    expect(reload).toHaveBeenCalled();
    expect(engine.refusals()).toContain("key-missing");
    expect(vault.calls).toBe(0);
    expect(await load.ask(user as LoadUser, server.port, "/me")).toEqual({
      status: 200,
      body: "user-0",
    });
  });
});

describe("keys held by Vault, and the same keys in a plain file", () => {
  it("serve each other's sessions: same tokens, same boxes", async () => {
    const wrapped = await startProcess(await openVault());
    const plain = await startProcess(createKeyring({ file: `${path}.plain` }));
    const load = new RequestLoad({
      ports: [wrapped.server.port],
      ratePerSecond: RATE,
      users: 2,
      signal: AbortSignal.abort(),
    });
    signIns = 0;
    await load.signIn();
    const [user] = load.users as [LoadUser];
    const token = tokenOf(user);
    for (const { server } of [plain, wrapped, plain, wrapped]) {
      expect(await load.ask(user, server.port, "/write", "POST")).toMatchObject({ body: "user-0" });
    }
    // Neither found anything to mint anew.
    expect(tokenOf(user)).toBe(token);
    const record = await store.get(
      storeKeyOf(readToken(token) as NonNullable<ReturnType<typeof readToken>>),
    );
    expect(record?.version).toBeGreaterThanOrEqual(5);
    for (const { engine } of [plain, wrapped]) {
      const listed = await engine.sessions.subject("user-0").list();
      expect(listed.map(({ handle }) => handle)).toEqual([record?.handle]);
    }
  });
});
