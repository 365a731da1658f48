/**
 * `holdfast keys` on a wrapped file: the verbs and rules of the plain one, and what is said when the
 * service, the file and the command line do not go together.
 * @module
 */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createKeyring } from "../../src/crypto/create-keyring.ts";
import { sealedFileKeyService } from "../../src/keys/sealed-file.ts";
import { parseWrappedFile } from "../../src/keys/wrapped-file.ts";
import { wrappedKeyring } from "../../src/keys/wrapped-keyring.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { recordFlags, type SessionStore } from "../../src/stores/store.ts";
import { sampleSession } from "../../src/testing/index.ts";
import { holdfast, moduleOf, type Ran } from "../support/command.ts";
import { type CountedService, countedService } from "./counted-service.ts";
import { testFolders } from "./ring-file.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const newFolder = testFolders();

let folder: string;
let path: string;
let now: number;
let service: CountedService;
let module: string;

beforeEach(() => {
  folder = newFolder();
  path = join(folder, "app.keys");
  now = START;
  service = countedService();
  module = moduleOf(folder, { keyService: service });
});

const keys = (...args: readonly string[]): Promise<Ran> => holdfast(["keys", ...args], now);

/** Runs a command that must succeed. */
async function ok(...args: readonly string[]): Promise<string> {
  const ran = await keys(...args);
  expect(ran, `${args.join(" ")}: ${ran.err}`).toMatchObject({ code: 0, err: "" });
  return ran.out;
}

/** Runs a command that must not, leaving the file as it is. */
async function fails(code: 1 | 2, ...args: readonly string[]): Promise<string> {
  const before = readdirSync(folder).includes("app.keys") ? readFileSync(path, "utf8") : "";
  const ran = await keys(...args);
  expect(ran, `${args.join(" ")}: ${ran.out}`).toMatchObject({ code, out: "" });
  if (before !== "") expect(readFileSync(path, "utf8")).toBe(before);
  return ran.err;
}

const file = () => parseWrappedFile(readFileSync(path, "utf8"), path);
const states = () => Object.fromEntries(file().keys.map(({ number, state }) => [number, state]));
const withService = () => ["--service", module];

describe("holdfast keys, on a wrapped file", () => {
  it("generates a file that the service's keyring opens", async () => {
    const out = await ok("generate", path, ...withService());
    expect(out).toContain("wrapped by counted (one)");
    expect(out).toContain(`await wrappedKeyring({ file: "${path}", service })`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const ring = await wrappedKeyring({ file: path, service });
    ring.close();
    expect(ring.current).toMatchObject({ number: 0, state: "current" });
    expect(ring.longestSessionSeconds).toBe(2_592_000);
    expect(await fails(1, "generate", path, ...withService())).toContain(
      `npx holdfast keys rotate ${path} --service ${module}`,
    );
  });

  for (const [name, keyring] of [
    ["vault", "await vaultKeyring({"],
    ["aws-kms", "await awsKmsKeyring({"],
    ["pkcs11", "await pkcs11Keyring({"],
    ["sealed-file", "await sealedFileKeyring({"],
  ] as const) {
    it(`says how a file of ${name} is opened`, async () => {
      const named = moduleOf(folder, { keyService: countedService({ name, key: "k" }) });
      const out = await ok("generate", path, "--service", named);
      expect(out).toContain(keyring);
      expect(out).toContain(`of holdfast/keys/${name}`);
    });
  }

  it("rotates, promotes, revokes and removes by the rules of a plain file", async () => {
    await ok("generate", path, ...withService());
    const before = file();
    expect(await ok("rotate", path, ...withService())).toContain(`keys promote ${path}\``);
    expect(states()).toEqual({ 0: "current", 1: "next" });
    expect(file().keys[0]).toEqual(before.keys[0]);
    expect(file()).toMatchObject({ ring: before.ring, index: before.index });
    expect(await fails(1, "promote", path)).toMatch(/once a minute/);
    now += 5 * MINUTE;
    await ok("promote", path);
    expect(states()).toEqual({ 0: "old", 1: "current" });
    expect(await fails(1, "remove", "0", path)).toMatch(/can be removed in 31 days/);
    await ok("revoke", "0", path);
    expect(file().keys[0]).not.toHaveProperty("wrapped");
    expect(file().keys[0]).not.toHaveProperty("fingerprint");
    now += 31 * DAY;
    await ok("remove", "0", path);
    expect(states()).toEqual({ 1: "current" });
    const ring = await wrappedKeyring({ file: path, service });
    ring.close();
    expect(ring.current.number).toBe(1);
  });

  it("replaces the index key, and takes the old one out", async () => {
    await ok("generate", path, ...withService());
    const [index] = file().index;
    await ok("rotate", path, "--index", ...withService());
    expect(file().index.map(({ state }) => state)).toEqual(["current", "old"]);
    expect(file().index[1]).toMatchObject({ wrapped: index?.wrapped });
    const ring = await wrappedKeyring({ file: path, service });
    ring.close();
    expect(ring.indexKeys).toHaveLength(2);
    now += 31 * DAY;
    await ok("remove", "--index", path);
    expect(file().index).toHaveLength(1);
  });

  it("asks the service for new keys only, and opens none", async () => {
    await ok("generate", path, ...withService());
    await ok("rotate", path, ...withService());
    service.failure = new Error("away");
    await ok("promote", path, "--now");
    await ok("revoke", "0", path, ...withService());
    await ok("list", path, ...withService());
    await ok("status", path);
    expect(service.unwraps).toEqual([]);
    expect(await fails(2, "rotate", path, ...withService())).toContain(
      "The key service counted (one) failed (Error); see its own log",
    );
    expect(readdirSync(folder)).not.toContain("app.keys.lock");
  });

  it("lists fingerprints that are those of the keys", async () => {
    const plain = join(folder, "plain.keys");
    await ok("generate", plain);
    await ok("wrap", plain, path, ...withService());
    const of = async (name: string) => JSON.parse(await ok("list", name, "--json"));
    const [a, b] = [await of(plain), await of(path)];
    expect(b.keys).toEqual(a.keys);
    expect(b.index).toEqual(a.index);
    expect(b).toMatchObject({ service: "counted", serviceKey: "one" });
    expect(await ok("list", path)).toContain("Wrapped by counted (one).");
  });

  it("leaves the file readable by whom it was, and says when others could write it", async () => {
    await ok("generate", path, ...withService());
    chmodSync(path, 0o644);
    await ok("rotate", path, ...withService());
    expect(statSync(path).mode & 0o777).toBe(0o644);
    chmodSync(path, 0o666);
    expect(await fails(1, "promote", path, "--now")).toContain("chmod 600");
    expect((await keys("list", path)).code).toBe(1);
  });

  it("does not wrap a later key under a passphrase that does not open the file", async () => {
    const right = {
      keyService: sealedFileKeyService({ passphrase: "lantern orbit mosaic thrift" }),
    };
    const wrong = {
      keyService: sealedFileKeyService({ passphrase: "lantern orbit mosaic thrive" }),
    };
    await ok("generate", path, "--service", moduleOf(folder, right));
    expect(await fails(2, "rotate", path, "--service", moduleOf(folder, wrong))).toContain(
      "the passphrase is not the one that it was sealed under",
    );
    await ok("rotate", path, "--service", moduleOf(folder, right));
    const heads = [...file().keys, ...file().index].map(({ wrapped = "" }) =>
      wrapped.slice(0, wrapped.lastIndexOf(":")),
    );
    expect(new Set(heads).size).toBe(1);
  });

  it("needs the service where something new must be wrapped, and says so", async () => {
    await ok("generate", path, ...withService());
    for (const args of [
      ["rotate", path],
      ["rotate", "--index", path],
    ]) {
      expect(await fails(2, ...args)).toContain(
        "was wrapped by counted (one), which must wrap the new key too: name a module that exports it as `keyService` with --service MODULE",
      );
    }
    now += 91 * DAY;
    const { code, out } = await keys("status", path);
    expect(code).toBe(1);
    expect(out).toContain(`npx holdfast keys rotate ${path} --service MODULE`);
  });

  it("refuses a service that is not the file's, and one beside a plain file", async () => {
    await ok("generate", path, ...withService());
    const other = moduleOf(folder, { keyService: countedService({ name: "counted", key: "two" }) });
    expect(await fails(2, "rotate", path, "--service", other)).toContain(
      "this was wrapped by counted (one), and the service given is counted (two)",
    );
    const plain = join(folder, "plain.keys");
    await ok("generate", plain);
    expect(await fails(2, "rotate", plain, ...withService())).toContain(
      `npx holdfast keys wrap ${plain} NEW --service MODULE`,
    );
  });

  it("writes nothing that it could not read again", async () => {
    service.wrap = async () => "line\nfeed";
    expect(await fails(2, "generate", path, ...withService())).toMatch(
      /what the key service counted made: "keys\[0\]\.wrapped" must be/,
    );
    expect(readdirSync(folder)).not.toContain("app.keys");
  });

  for (const [exported, said] of [
    [{}, "exports no `keyService`"],
    [{ keyService: async () => countedService() }, "not a function or a promise"],
    [{ keyService: { wrap() {}, unwrap() {} } }, "a name of letters"],
  ] as const) {
    it(`names what is wrong with the module: ${said}`, async () => {
      const bad = moduleOf(folder, exported);
      expect(await fails(2, "generate", path, "--service", bad)).toContain(said);
    });
  }

  it("names a module that cannot be loaded, and closes one that asks for it", async () => {
    expect(await fails(2, "generate", path, "--service", join(folder, "none.mjs"))).toContain(
      "could not be loaded",
    );
    let closed = 0;
    const close = () => {
      closed += 1;
    };
    await ok("generate", path, "--service", moduleOf(folder, { keyService: service, close }));
    expect(closed).toBe(1);
  });

  for (const [args, said] of [
    [["generate", "--print", "--service", "x"], "--print is for plain keys"],
    [["generate", "x", "--service", ""], "--service is empty"],
    [["status", "x", "--sessions", ""], "--sessions is empty"],
    [["rotate", "--sessions", "x"], "--sessions"],
    [["wrap", "x", "--service", "y"], "needs two files"],
    [["wrap", "x", "y"], "--service is missing"],
    [["wrap", "x", "", "--service", "y"], "FILE is empty"],
    [["unwrap", "x"], "There is no `holdfast keys unwrap`"],
  ] as const) {
    it(`could not run: keys ${args.join(" ")}`, async () => {
      expect(await fails(2, ...args)).toContain(said);
    });
  }
});

describe("holdfast keys wrap", () => {
  it("moves the keys, all of them and the same, and leaves the plain file", async () => {
    const plain = join(folder, "plain.keys");
    await ok("generate", plain, "--longest-session-seconds", "3600");
    await ok("rotate", plain);
    await ok("promote", plain, "--now");
    await ok("rotate", plain, "--index");
    await ok("revoke", "0", plain);
    const text = readFileSync(plain, "utf8");
    const out = await ok("wrap", plain, path, ...withService());
    expect(out).toContain("nobody is signed out");
    expect(out).toContain(`shred -u ${plain}`);
    expect(readFileSync(plain, "utf8")).toBe(text);
    const [a, b] = [createKeyring({ file: plain }), await wrappedKeyring({ file: path, service })];
    a.close();
    b.close();
    expect(b.current.mac).toEqual(a.current.mac);
    expect(b.find(0)).toBe("revoked");
    expect(b.indexKeys).toEqual(a.indexKeys);
    expect(b.longestSessionSeconds).toBe(3600);
  });

  it("moves keys from one service to another, or to another passphrase", async () => {
    await ok("generate", path, ...withService());
    await ok("rotate", path, ...withService());
    await ok("revoke", "0", path, "--now");
    const next = countedService({ name: "counted", key: "two" });
    const to = ["--service", moduleOf(folder, { keyService: next })];
    const moved = join(folder, "moved.keys");
    expect(await fails(1, "wrap", path, moved, ...to)).toContain(
      "is wrapped already, by counted (one). To move its keys to another service, name a module that exports the present one with --from MODULE",
    );
    expect(await fails(2, "wrap", path, moved, ...to, "--from", to[1] as string)).toContain(
      "this was wrapped by counted (one), and the service given is counted (two)",
    );
    expect(await ok("wrap", path, moved, ...to, "--from", module)).toContain("delete the old one");
    const a = await wrappedKeyring({ file: path, service });
    const b = await wrappedKeyring({ file: moved, service: next });
    a.close();
    b.close();
    expect(b.current.number).toBe(1);
    expect(b.current.mac).toEqual(a.current.mac);
    expect(b.indexKeys).toEqual(a.indexKeys);
    expect(b.find(0)).toBe("revoked");
    const { ring } = parseWrappedFile(readFileSync(moved, "utf8"), moved);
    expect(ring).not.toBe(file().ring);
    service.failure = new Error("away");
    const again = join(folder, "again.keys");
    expect(await fails(2, "wrap", path, again, ...to, "--from", module)).toContain(
      "failed (Error)",
    );
    const plain = join(folder, "plain.keys");
    await ok("generate", plain);
    expect(await fails(1, "wrap", plain, again, ...to, "--from", module)).toContain(
      "leave --from out",
    );
  });

  it("overwrites nothing, and takes only a plain file that nobody else can read", async () => {
    const plain = join(folder, "plain.keys");
    await ok("generate", plain);
    await ok("generate", path, ...withService());
    expect(await fails(1, "wrap", plain, path, ...withService())).toContain("not overwritten");
    const other = join(folder, "other.keys");
    expect(await fails(1, "wrap", path, other, ...withService())).toContain("is wrapped already");
    chmodSync(plain, 0o644);
    expect(await fails(1, "wrap", plain, other, ...withService())).toContain("Nothing was written");
    writeFileSync(plain, "{}");
    expect(await fails(2, "wrap", plain, other, ...withService())).toContain('"format" must be 1');
    expect(readdirSync(folder)).not.toContain("other.keys");
  });
});

describe("holdfast keys status", () => {
  it("opens every key with the service, as a server does", async () => {
    await ok("generate", path, ...withService());
    await ok("rotate", path, ...withService());
    expect(await ok("status", path, ...withService())).toContain(
      "counted (one) opens all 3 keys of the file.",
    );
    service.failure = new Error("away");
    const { code, out } = await keys("status", path, ...withService());
    expect(code).toBe(1);
    expect(out).toContain("The key service counted (one) failed (Error)");
  });

  const boxOf = (number: number) => Uint8Array.of((1 << 4) | number, 1, 2, 3);
  const session = (n: number, data: number, meta: number, more = {}) =>
    sampleSession(n, {
      data: boxOf(data),
      meta: boxOf(meta),
      idleExpiresAt: now + DAY,
      absoluteExpiresAt: now + DAY,
      ...more,
    });
  async function storeOf(...sessions: readonly ReturnType<typeof session>[]) {
    const store = memoryStore();
    for (const { key, record } of sessions) await store.create(key, record, { now });
    return store;
  }

  it("counts the live sessions under each key", async () => {
    await ok("generate", path);
    await ok("rotate", path);
    await ok("promote", path, "--now");
    const store = await storeOf(
      ...Array.from({ length: 1200 }, (_, n) => session(n, 1, n % 3 === 0 ? 0 : 1)),
      session(2000, 0, 0),
      session(2001, 0, 0, { idleExpiresAt: now }),
      session(2002, 0, 0, { absoluteExpiresAt: now }),
      session(2003, 0, 0, { flags: recordFlags.pending }),
    );
    const sessions = moduleOf(folder, { store });
    const { sessions: counted } = JSON.parse(
      await ok("status", path, "--sessions", sessions, "--json"),
    );
    expect(counted).toEqual({
      total: 1201,
      keys: [
        { number: 0, state: "old", sessions: 401, data: 1, meta: 401 },
        { number: 1, state: "current", sessions: 1200, data: 1200, meta: 800 },
      ],
    });
    const out = await ok("status", path, "--sessions", sessions);
    expect(out).toMatch(
      /^key {2}state {4}sessions {2}data boxes {2}meta boxes\n0 {4}old {6}401 +1 +401$/m,
    );
    expect(out).toContain("1201 live sessions. Cookies are not counted");
  });

  it("warns of sessions under a key that is revoked or not in the file", async () => {
    await ok("generate", path);
    await ok("rotate", path);
    await ok("revoke", "0", path, "--now");
    const store = await storeOf(session(1, 0, 0), session(2, 7, 7), session(3, 1, 1));
    const { code, out } = await keys("status", path, "--sessions", moduleOf(folder, { store }));
    expect(code).toBe(1);
    expect(out).toContain("1 session is under key 0, which is revoked");
    expect(out).toContain("1 session is under key 7, which the file does not hold");
  });

  it("closes the store and the module, also when the store fails, and quotes nothing of it", async () => {
    await ok("generate", path);
    const closed: string[] = [];
    const inner = memoryStore();
    const store: SessionStore = {
      ...inner,
      scan: () => Promise.reject(Object.assign(new Error("canary"), { code: "ECONNRESET" })),
      close: () => void closed.push("store"),
    };
    const sessions = moduleOf(folder, { store, close: () => closed.push("module") });
    const said = await fails(2, "status", path, "--sessions", sessions);
    expect(said).toContain(
      "The store failed (Error ECONNRESET); see that it runs, then try again.",
    );
    expect(said).not.toContain("canary");
    expect(closed).toEqual(["store", "module"]);
  });

  it("says so where the store cannot be read through, or the module exports none", async () => {
    await ok("generate", path);
    const { scan: _, ...blind } = memoryStore();
    const status = (exported: Readonly<Record<string, unknown>>) =>
      fails(2, "status", path, "--sessions", moduleOf(folder, exported));
    expect(await status({ store: blind })).toContain('The store (memory) has no "scan"');
    for (const exported of [{}, { store: () => blind }, { sessions: {} }]) {
      expect(await status(exported)).toContain("exports no store as `store`");
    }
  });
});
