/**
 * A keyring over a key service: what it asks at start-up, what it asks later, and what it asks never.
 * @module
 */
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { promote, remove, revoke, rotate } from "../../src/cli/key-changes.ts";
import { writeKeyFile } from "../../src/cli/key-file-write.ts";
import { createKeyring } from "../../src/crypto/create-keyring.ts";
import { formatKeyFile, type KeyFile } from "../../src/crypto/key-file.ts";
import { readKeyFile } from "../../src/crypto/key-file-disk.ts";
import type { Keyring } from "../../src/crypto/keyring.ts";
import type { SessionError } from "../../src/errors.ts";
import { wrapKeys } from "../../src/keys/wrap-keys.ts";
import {
  formatWrappedFile,
  parseWrappedFile,
  type WrappedBytes,
  type WrappedKeyFile,
} from "../../src/keys/wrapped-file.ts";
import { wrappedKeyring } from "../../src/keys/wrapped-keyring.ts";
import { shown } from "../support/output.ts";
import { type CountedService, countedService } from "./counted-service.ts";
import { spellings } from "./key-service-cases.ts";
import { ringFile, testFolders } from "./ring-file.ts";

const newFolder = testFolders();
const { signal } = new AbortController();
const context = { now: 10_000_000, force: true, command: (verb: string) => verb };

let service: CountedService;
let path: string;
let file: KeyFile;
let known: Map<Uint8Array, WrappedBytes>;
let wrapped: WrappedKeyFile;
let problems: SessionError[];
const rings: Keyring[] = [];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  service = countedService();
  path = join(newFolder(), "app.keys");
  known = new Map();
  problems = [];
  await write(ringFile());
});
afterEach(() => {
  for (const ring of rings.splice(0)) ring.close();
  vi.useRealTimers();
});

/** Wraps what is new, as the command does, and writes the file. */
async function write(next: KeyFile): Promise<void> {
  file = next;
  wrapped = await wrapKeys(file, service, signal, wrapped?.ring, known);
  for (const [n, key] of [...file.keys, ...file.index].entries()) {
    const { wrapped: text, fingerprint = "" } = [...wrapped.keys, ...wrapped.index][n] ?? {};
    if (key.bytes && text) known.set(key.bytes, { wrapped: text, fingerprint });
  }
  writeText(formatWrappedFile(wrapped));
}

function writeText(text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}

async function change(step: typeof rotate): Promise<void> {
  const result = step(file, context);
  if ("refused" in result) throw new Error(result.refused);
  await write(result.file);
}

const open = async (deadlineSeconds = 5): Promise<Keyring> => {
  const onProblem = (error: SessionError) => void problems.push(error);
  const ring = await wrappedKeyring({ file: path, service, deadlineSeconds, onProblem });
  rings.push(ring);
  return ring;
};

/** The background's next look, until it has nothing left to do. */
async function minute(): Promise<void> {
  vi.advanceTimersByTime(60_000);
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
}

describe("a keyring over a key service, at start-up", () => {
  it("opens each key once", async () => {
    await change(rotate);
    const ring = await open();
    expect([...service.unwraps].sort()).toEqual(["index", "key/0", "key/1"]);
    expect(ring.current.number).toBe(0);
    expect(ring.find(1)).toMatchObject({ state: "next" });
  });

  it("says within the deadline that the service does not answer", async () => {
    service.failure = "silent";
    const began = performance.now();
    const error = await open(0.1).catch((e) => e);
    expect(error).toMatchObject({ code: "HOLDFAST_KEYRING" });
    expect(error.message).toBe(
      "The key service counted (one) did not answer within 0.1 s; see that it runs and that this machine reaches it, then try again",
    );
    expect(performance.now() - began).toBeLessThan(2000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("names an error that is none of ours, and quotes nothing of it", async () => {
    const message = "canary-token in the message";
    service.failure = Object.assign(new TypeError(message), { code: "ECANARY", cause: message });
    const error = await open().catch((e) => e);
    expect(error.message).toContain("failed (TypeError ECANARY); see its own log");
    expect(shown(error)).not.toContain("canary-token");
    for (const odd of ["canary-token", null, { message }]) {
      service.failure = undefined;
      const thrower = { ...service, unwrap: () => Promise.reject(odd) };
      const refused = await wrappedKeyring({ file: path, service: thrower }).catch((e) => e);
      expect(refused.message).toContain("failed (no error object)");
      expect(shown(refused)).not.toContain("canary-token");
    }
  });

  it("takes only bytes that the file had wrapped", async () => {
    for (const other of [Buffer.alloc(32, 1), "text", undefined]) {
      const liar = { ...service, unwrap: async () => other as Uint8Array };
      await expect(wrappedKeyring({ file: path, service: liar })).rejects.toThrow(
        /opened (key 0|an index key) to other bytes than the file had wrapped/,
      );
    }
  });

  it("judges keys as it does in a plain file", async () => {
    const bytes = Buffer.alloc(32, 7);
    const weak = ringFile();
    await write({ ...weak, keys: weak.keys.map((key) => ({ ...key, bytes })) });
    await expect(open()).rejects.toThrow(/app\.keys: key 0 follows a pattern/);
  });

  it("names the service that the file belongs to", async () => {
    service = countedService({ name: "counted", key: "two" });
    await expect(open()).rejects.toThrow(
      "this was wrapped by counted (one), and the service given is counted (two); give the service",
    );
  });

  it("takes a file that others can read, and none that they can write", async () => {
    chmodSync(path, 0o644);
    expect((await open()).current.number).toBe(0);
    chmodSync(path, 0o664);
    await expect(open()).rejects.toThrow(`run \`chmod 600 ${path}\``);
  });

  it("refuses a plain key file, and a plain keyring refuses a wrapped one, each saying what to do", async () => {
    expect(() => createKeyring({ file: path })).toThrow("needs its key service: docs/keys.md");
    writeText(formatKeyFile(file));
    await expect(open()).rejects.toThrow("npx holdfast keys wrap OLD NEW --service MODULE");
  });

  it("refuses what is no service", async () => {
    const { name: _, ...nameless } = service;
    for (const other of [undefined, {}, nameless, { ...service, key: "line\nfeed" }]) {
      await expect(wrappedKeyring({ file: path, service: other as never })).rejects.toThrow(
        '"service" must be a key service: an object with wrap, unwrap, a name',
      );
    }
  });
});

describe("a keyring over a key service, while it serves", () => {
  it("asks nobody when it is asked to reload: a request may be waiting", async () => {
    const ring = await open();
    await change(rotate);
    service.reset();
    expect(await ring.reload()).toBe(false);
    rmSync(path);
    expect(await ring.reload()).toBe(false);
    expect(ring.find(1)).toBeUndefined();
    expect(service.unwraps).toEqual([]);
    expect(problems).toEqual([]);
  });

  it("opens within a minute what is new, and nothing else", async () => {
    const ring = await open();
    await change(rotate);
    service.reset();
    await minute();
    expect(ring.find(1)).toMatchObject({ state: "next" });
    expect(service.unwraps).toEqual(["key/1"]);
    await change(promote);
    await minute();
    expect(ring.current.number).toBe(1);
    expect(ring.find(0)).toMatchObject({ state: "old" });
    expect(service.unwraps).toEqual(["key/1"]);
  });

  it("keeps its keys as they are, and asks nobody, while the file does not change", async () => {
    const ring = await open();
    const before = ring.current;
    service.reset();
    for (let n = 0; n < 5; n++) await minute();
    expect(ring.current).toBe(before);
    expect(service.unwraps).toEqual([]);
  });

  it("takes a promotion, a revocation and a removal while the service is away", async () => {
    await change(rotate);
    const ring = await open();
    service.reset();
    service.failure = new Error("away");
    await change(promote);
    await minute();
    expect(ring.current.number).toBe(1);
    await change((each, how) => revoke(each, 0, how));
    await minute();
    expect(ring.find(0)).toBe("revoked");
    await change((each, how) => remove(each, 0, { ...how, now: Date.now() }));
    await minute();
    expect(ring.find(0)).toBeUndefined();
    expect(service.unwraps).toEqual([]);
    expect(problems).toEqual([]);
  });

  it("keeps the ring during an outage, tells each problem once, and goes on after it", async () => {
    const ring = await open();
    await change(rotate);
    service.failure = new Error("away");
    for (let n = 0; n < 3; n++) await minute();
    expect(ring.current.number).toBe(0);
    expect(ring.find(1)).toBeUndefined();
    expect(problems.map(({ message }) => message)).toEqual([
      "The key service counted (one) failed (Error); see its own log",
    ]);
    service.failure = new TypeError("away in another way");
    await minute();
    await minute();
    expect(problems).toHaveLength(2);
    service.failure = undefined;
    await minute();
    expect(ring.find(1)).toMatchObject({ state: "next" });
    expect(problems).toHaveLength(2);
  });

  it("asks again only for what did not come, after half of it did", async () => {
    const ring = await open();
    await change(rotate);
    await change(promote);
    await change(rotate);
    const real = service.unwrap;
    let isBroken = true;
    service.reset();
    service.unwrap = (text, bound, late) =>
      isBroken && bound.number === 2 ? Promise.reject(new Error("no")) : real(text, bound, late);
    await minute();
    expect(ring.current.number).toBe(0);
    isBroken = false;
    await minute();
    expect(ring.current.number).toBe(1);
    expect([...service.unwraps].sort()).toEqual(["key/1", "key/2"]);
  });

  it("keeps the ring when the file goes away or bad, and recovers", async () => {
    const ring = await open();
    const text = readFileSync(path, "utf8");
    rmSync(path);
    await minute();
    await minute();
    writeText(text.slice(0, 60));
    await minute();
    writeText(text);
    await minute();
    expect(ring.current.number).toBe(0);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining("There is no key file"),
      expect.stringContaining("this is not JSON; restore it from a backup"),
    ]);
  });

  it("holds no key that was taken out: one that comes back is asked for again", async () => {
    await change(rotate);
    await change(promote);
    const text = readFileSync(path, "utf8");
    const ring = await open();
    await change((each, how) => remove(each, 0, { ...how, now: Date.now() }));
    await minute();
    expect(ring.find(0)).toBeUndefined();
    service.reset();
    writeText(text);
    await minute();
    expect(ring.find(0)).toMatchObject({ state: "old" });
    expect(service.unwraps).toEqual(["key/0"]);
  });

  it("does not ask a service twice that is slow to answer", async () => {
    const ring = await open();
    await change(rotate);
    service.reset();
    service.failure = "silent";
    await minute();
    await minute();
    expect(service.unwraps).toEqual(["key/1"]);
    expect(ring.current.number).toBe(0);
  });

  it("stops looking when it is closed, also in the middle", async () => {
    const ring = await open();
    await change(rotate);
    service.failure = "silent";
    await minute();
    ring.close();
    await minute();
    expect(vi.getTimerCount()).toBe(0);
    expect(problems).toEqual([]);
    expect(ring.find(1)).toBeUndefined();
  });

  it("warns where nobody listens, and when the listener throws", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const throwing = () => {
      throw new Error("listener");
    };
    rings.push(await wrappedKeyring({ file: path, service }));
    rings.push(await wrappedKeyring({ file: path, service, onProblem: throwing }));
    rmSync(path);
    await minute();
    const messages = warned.mock.calls.map(([message]) => String(message));
    warned.mockRestore();
    expect(messages.sort()).toEqual([
      expect.stringMatching(/^"onProblem" threw/),
      expect.stringMatching(/^The keys read before stay in use/),
    ]);
  });

  it("shows no key to whoever looks at it", async () => {
    const ring = await open();
    const looks = [
      inspect(ring, { depth: 20, showHidden: true, getters: true }),
      JSON.stringify(ring),
      inspect({ ...ring }),
      inspect(structuredClone({ ...ring }), { depth: 20 }),
      String(ring),
    ].join("\n");
    const secrets = [...file.keys, ...file.index].map(({ bytes }) => bytes ?? Buffer.alloc(0));
    for (const secret of [...secrets, ring.current.mac, ring.current.data]) {
      for (const text of spellings(secret)) expect(looks).not.toContain(text);
    }
    expect(looks).toContain("Keyring { current: 0, numbers: 0 }");
    expect(() => structuredClone(ring.current)).not.toThrow();
    expect(Object.keys(structuredClone(ring.current))).toEqual(["number", "state"]);
  });
});

describe("the text of a wrapped key file", () => {
  const faultsOf = (text: string): string => {
    try {
      parseWrappedFile(text, "app.keys");
    } catch (error) {
      return (error as SessionError).message;
    }
    throw new Error("the text was taken");
  };
  const json = () => JSON.parse(formatWrappedFile(wrapped));

  it("is read as it was written, and holds no key", async () => {
    await change(rotate);
    const text = readFileSync(path, "utf8");
    expect(formatWrappedFile(parseWrappedFile(text, path))).toBe(text);
    for (const { bytes = Buffer.alloc(0) } of [...file.keys, ...file.index]) {
      for (const spelling of spellings(bytes)) expect(text).not.toContain(spelling);
    }
    writeKeyFile(path, text, { replaces: readKeyFile(path), mode: 0o644 });
    expect(readKeyFile(path).stats.mode & 0o777).toBe(0o644);
  });

  it("of a newer format is refused, and says so", () => {
    expect(faultsOf(JSON.stringify({ ...json(), format: "wrapped/2" }))).toBe(
      "app.keys: format wrapped/2 was written by a newer holdfast; upgrade holdfast here",
    );
  });

  for (const text of [
    "",
    "null",
    "[]",
    "7",
    '"text"',
    "{}",
    '{"format":"1"}',
    '{"format":"wrapped/x"}',
  ]) {
    it(`is not ${text || "empty"}`, () => {
      expect(faultsOf(text)).toMatch(
        /^app\.keys: (this is not JSON|"format" must be "wrapped\/1")/,
      );
    });
  }

  it("is refused with every fault at once, and none quotes what it holds", () => {
    const { keys, index, ...rest } = json();
    const [key] = keys;
    const faults = faultsOf(
      JSON.stringify({
        ...rest,
        ring: "canary",
        service: "can ary",
        longestSessionSeconds: 0,
        keys: [
          { ...key, number: 16, wrapped: "can ary", fingerprint: "canary!!" },
          { ...key, state: "canary", "canary-canary-canary-canary-canary": 1 },
        ],
        index: [{ ...index[0], wrapped: undefined }],
      }),
    );
    for (const name of [
      ...["ring", "service", "longestSessionSeconds", "keys[0].number", "keys[0].wrapped"],
      ...["keys[0].fingerprint", "keys[1].state", "index[0].wrapped"],
    ]) {
      expect(faults).toContain(`"${name}" must be`);
    }
    expect(faults).not.toContain("canary");
  });

  it("is read or refused with what to do, whatever it is, and never quoted", () => {
    const canary = "canary00";
    const odd = fc.oneof(
      fc.constantFrom<unknown>(canary, null, -1, 1.5, [], {}, true, "wrapped/1", 16, "current"),
      fc.jsonValue(),
    );
    const places = fc.constantFrom(
      ...["format", "service", "serviceKey", "ring", "longestSessionSeconds", "keys", "index"],
      ...["number", "state", "createdAt", "stateSince", "demotedAt", "wrapped", "fingerprint"],
    );
    fc.assert(
      fc.property(places, odd, (place, value) => {
        const whole = json();
        if (place in whole) whole[place] = value;
        else whole.keys[0][place] = value;
        try {
          const read = parseWrappedFile(JSON.stringify(whole), "app.keys");
          expect(read.keys.filter(({ state }) => state === "current")).toHaveLength(1);
        } catch (error) {
          expect(error).toMatchObject({ code: "HOLDFAST_KEYRING" });
          expect((error as Error).message).not.toContain(canary);
        }
      }),
    );
  });

  it("must make sense as a ring", () => {
    const { keys, ...rest } = json();
    const [key] = keys;
    const { wrapped: _, fingerprint: __, ...bare } = key;
    const said = (list: readonly object[]) => faultsOf(JSON.stringify({ ...rest, keys: list }));
    expect(said([])).toContain("exactly one key must be current, and 0 are");
    expect(said([key, { ...key, state: "next" }])).toContain(
      "the number 0 is there more than once",
    );
    expect(said([key, { ...key, number: 1, state: "old" }])).toContain("so it needs demotedAt");
    expect(said([bare])).toContain('key 0 is current, so it needs "wrapped" and "fingerprint"');
    expect(said([key, { ...key, number: 1, state: "revoked" }])).toContain(
      "key 1 is revoked, so it must have no bytes",
    );
  });
});
