/**
 * `createKeyring`: every source, what it refuses, what it hides, and how it follows a file.
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { writeKeyFile } from "../cli/key-file-write.ts";
import { SessionError } from "../errors.ts";
import { createKeyring, type KeyringSource } from "./create-keyring.ts";
import { deriveKey } from "./derive.ts";
import { formatKeyFile, type KeyFile } from "./key-file.ts";
import type { Keyring, RingIndexKey, RingKey } from "./keyring.ts";

const at = { createdAt: 1, stateSince: 1 };
function keyFile(number = 1): KeyFile {
  return {
    longestSessionSeconds: 7200,
    keys: [{ number, state: "current", ...at, bytes: randomBytes(32) }],
    index: [{ state: "current", ...at, bytes: randomBytes(32) }],
  };
}

function errorOf(source: unknown, options?: unknown): SessionError {
  try {
    createKeyring(source as KeyringSource, options as never);
  } catch (error) {
    expect(error).toBeInstanceOf(SessionError);
    return error as SessionError;
  }
  throw new Error("the source was taken");
}

describe("a keyring from bytes or a string", () => {
  const bytes = randomBytes(32);

  it("has one current key, number 0, and an index key of its own label", () => {
    const ring = createKeyring({ bytes });
    expect(ring.current).toMatchObject({ number: 0, state: "current" });
    expect(ring.current.mac).toEqual(deriveKey(bytes, "mac"));
    expect(ring.find(0)).toBe(ring.current);
    expect(ring.find(1)).toBeUndefined();
    expect(ring.indexKeys).toEqual([deriveKey(bytes, "index")]);
    expect(ring.longestSessionSeconds).toBe(2_592_000);
  });

  for (const encoding of ["hex", "base64", "base64url"] as const) {
    it(`is the same from ${encoding}, with space around it`, () => {
      const ring = createKeyring({ string: ` ${bytes.toString(encoding)}\n` });
      expect(ring.current.mac).toEqual(deriveKey(bytes, "mac"));
    });
  }

  it("is the same from base64 without padding and from capital hex", () => {
    for (const string of [
      bytes.toString("base64").replace("=", ""),
      bytes.toString("hex").toUpperCase(),
    ]) {
      expect(createKeyring({ string }).current.mac).toEqual(deriveKey(bytes, "mac"));
    }
  });

  it("keeps the given longest session", () => {
    const ring = createKeyring({ bytes }, { longestSessionSeconds: 60 });
    expect(ring.longestSessionSeconds).toBe(60);
  });

  it("does not change with the caller's buffer", () => {
    const mine = randomBytes(32);
    const mac = deriveKey(mine, "mac");
    const ring = createKeyring({ bytes: mine });
    mine.fill(0);
    expect(ring.current.mac).toEqual(mac);
  });

  it("never changes by reloading", async () => {
    const ring = createKeyring({ bytes });
    expect(await ring.reload()).toBe(false);
    ring.close();
    expect(ring.current.number).toBe(0);
  });

  it("can be the text of a key file, which keeps its own longest session", () => {
    const file = keyFile(4);
    const ring = createKeyring({ string: formatKeyFile(file, true) });
    expect(ring.current.number).toBe(4);
    expect(ring.longestSessionSeconds).toBe(7200);
    expect(ring.indexKeys).toEqual([file.index[0]?.bytes]);
  });

  for (const string of [
    "correct horse battery staple correct horse battery staple",
    "keyboard cat",
    "secret",
    "thequickbrownfoxjumpsoverthelazydogandrunsaway",
    randomBytes(16).toString("hex"),
    randomBytes(32).toString("base64").slice(0, 38),
    `${randomBytes(31).toString("base64url").slice(0, 41)}-9`,
    createHash("sha256").update("keyboard cat").digest("hex"),
    Buffer.from("correct horse battery staple, twice over").toString("base64"),
  ]) {
    it(`refuses ${string.slice(0, 24)} with the command that makes a good one`, () => {
      const error = errorOf({ string });
      expect(error.code).toBe("HOLDFAST_KEYRING");
      expect(error.message).toContain("npx holdfast keys generate --print");
    });
  }

  it("names no part of a refused string", () => {
    const string = `${randomBytes(30).toString("base64")}????`;
    expect(errorOf({ string }).message).not.toContain(string.slice(0, 8));
  });
});

describe("a keyring from keys", () => {
  const indexKeys: RingIndexKey[] = [
    { state: "old", bytes: randomBytes(32) },
    { state: "current", bytes: randomBytes(32) },
  ];
  const keys: RingKey[] = [
    { number: 15, state: "current", bytes: randomBytes(64) },
    { number: 0, state: "old", bytes: randomBytes(32) },
    { number: 3, state: "next", bytes: randomBytes(32) },
    { number: 7, state: "revoked" },
  ];

  it("finds each key by its number, and knows revoked from absent", () => {
    const ring = createKeyring({ keys, indexKeys });
    expect(ring.current.number).toBe(15);
    expect(ring.find(15)).toBe(ring.current);
    expect(ring.find(0)).toMatchObject({ number: 0, state: "old" });
    expect(ring.find(3)).toMatchObject({ number: 3, state: "next" });
    expect(ring.find(7)).toBe("revoked");
    for (const number of [1, 16, -1, 0.5, Number.NaN]) expect(ring.find(number)).toBeUndefined();
  });

  it("puts the current index key first", () => {
    const [old, current] = indexKeys;
    const ring = createKeyring({ keys, indexKeys });
    expect(ring.indexKeys).toEqual([current?.bytes, old?.bytes]);
  });

  it("is refused with every weak key at once", () => {
    const weak = keys.map((key) => ({ ...key, bytes: Buffer.alloc(32, key.number) }));
    const { message, details } = errorOf({ keys: weak.slice(0, 3), indexKeys: [] });
    expect(details.faults).toHaveLength(4);
    for (const part of ["key 15", "key 0", "key 3", "index key"]) expect(message).toContain(part);
  });
});

describe("a keyring source is refused", () => {
  const bytes = randomBytes(32);
  const cases: readonly (readonly [string, unknown, unknown, RegExp])[] = [
    ["if it is missing", undefined, undefined, /"source" must be an object/],
    ["if it is a string", "holdfast.keys", undefined, /\{ file: "holdfast\.keys" \}/],
    ["if it is empty", {}, undefined, /one of file, string, bytes, keys/],
    ["if two are given", { bytes, file: "x" }, undefined, /one of file, string, bytes, keys/],
    ["if it is misspelt", { flie: "x" }, undefined, /one of file, string, bytes, keys/],
    ["if the string is not set", { string: undefined }, undefined, /environment variable/],
    ["if the path is blank", { file: " " }, undefined, /"source.file" must be a string/],
    [
      "if the bytes are text",
      { bytes: "x".repeat(32) },
      undefined,
      /"source.bytes" must be a Uint8Array/,
    ],
    ["if index keys are missing", { keys: [] }, undefined, /"source.indexKeys" must be a list/],
    [
      "if index keys stand alone",
      { bytes, indexKeys: [] },
      undefined,
      /"source.indexKeys" is unknown; known are bytes/,
    ],
    ["if keys are no list", { keys: 1, indexKeys: [] }, undefined, /"source.keys" must be a list/],
    [
      "if a key is no object",
      { keys: [1], indexKeys: [2] },
      undefined,
      /keys\[0\]" must be an object[\s\S]*indexKeys\[0\]" must be/,
    ],
    [
      "if a key is malformed",
      { keys: [{ number: 16, state: "new", bytes: "x", age: 1 }], indexKeys: [] },
      undefined,
      /age" is unknown[\s\S]*number" must[\s\S]*state" must[\s\S]*bytes" must/,
    ],
    [
      "if an index key is malformed",
      { keys: [], indexKeys: [{ state: "next", bytes: 1, n: 1 }] },
      undefined,
      /\.n" is unknown[\s\S]*state" must[\s\S]*bytes" must/,
    ],
    [
      "with an unknown option",
      { bytes },
      { longest: 1 },
      /"options.longest" is unknown; known are longestSessionSeconds/,
    ],
    ["with options that are none", { bytes }, 5, /"options" must be an object/],
    ["with a longest session of 0", { bytes }, { longestSessionSeconds: 0 }, /from 1 to 34560000/],
    [
      "with a longest session beside a file",
      { file: "x" },
      { longestSessionSeconds: 9 },
      /kept in the key file/,
    ],
    [
      "with a longest session beside a file's text",
      { string: "{}" },
      { longestSessionSeconds: 9 },
      /kept in the key file/,
    ],
    [
      "with a handler that is none",
      { bytes },
      { onProblem: "log" },
      /"options.onProblem" must be a function/,
    ],
  ];
  for (const [title, source, options, reason] of cases) {
    it(title, () => {
      const error = errorOf(source, options);
      expect(error.code).toBe("HOLDFAST_OPTION");
      expect(error.message).toMatch(reason);
    });
  }

  it("does not show bytes that stand where a name belongs", () => {
    const secret = randomBytes(32).toString("base64url");
    expect(errorOf({ [secret]: 1 }).message).not.toContain(secret.slice(0, 8));
  });
});

describe("a keyring hides its keys from", () => {
  const bytes = randomBytes(32);
  const ring = createKeyring({ bytes });
  const labels = ["mac", "data", "meta", "successor", "csrf", "throttle", "index"] as const;
  const secrets = [bytes, ...labels.map((label) => deriveKey(bytes, label))].flatMap((key) => [
    key.toString("hex").slice(0, 12),
    key.toString("base64").slice(0, 12),
    [...key.subarray(0, 6)].join(","),
    [...key.subarray(0, 6)].join(", "),
    [...key.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
  ]);
  const deep = { depth: 9, showHidden: true, maxArrayLength: null } as const;
  const held: Keyring & object = ring;
  const ways: Readonly<Record<string, () => string>> = {
    "util.inspect": () => inspect({ ring, current: ring.current }, { ...deep, getters: true }),
    "util.inspect without customisation": () => inspect(ring, { ...deep, customInspect: false }),
    "JSON.stringify": () => JSON.stringify({ ring, current: ring.current }),
    spread: () => inspect({ ...held }, deep) + inspect({ ...ring.current }, deep),
    "Object.keys and Reflect.ownKeys": () =>
      Reflect.ownKeys(ring)
        .map((key) => inspect(Reflect.get(ring, key), deep))
        .join(),
    structuredClone: () => inspect(structuredClone({ ...held, current: ring.current }), deep),
    "string conversion": () => `${ring}${ring.current}`,
  };
  for (const [title, show] of Object.entries(ways)) {
    it(title, () => {
      const shown = show();
      for (const secret of secrets) expect(shown).not.toContain(secret);
    });
  }

  it("errors", () => {
    const twice: RingKey[] = [0, 1].map((number) => ({ number, state: "current", bytes }));
    const error = errorOf({ keys: twice, indexKeys: [{ state: "current", bytes }] });
    const shown = inspect(error, deep) + JSON.stringify(error) + error.stack;
    for (const secret of secrets) expect(shown).not.toContain(secret);
  });

  it("nobody who looks for what is not secret", () => {
    expect(inspect(ring)).toBe("Keyring { current: 0, numbers: 0 }");
  });
});

describe("a keyring from a file", () => {
  let folder: string;
  let path: string;
  const opened: Keyring[] = [];
  const open = (onProblem?: (error: SessionError) => void): Keyring => {
    const ring = createKeyring({ file: path }, { onProblem });
    opened.push(ring);
    return ring;
  };
  const write = (file: KeyFile): void => {
    rmSync(path, { force: true });
    writeKeyFile(path, formatKeyFile(file));
  };

  beforeEach(() => {
    vi.useFakeTimers();
    folder = mkdtempSync(join(tmpdir(), "holdfast-ring-"));
    path = join(folder, "holdfast.keys");
    write(keyFile(1));
  });
  afterEach(() => {
    for (const ring of opened.splice(0)) ring.close();
    rmSync(folder, { recursive: true, force: true });
    vi.useRealTimers();
  });

  it("holds what the file says", () => {
    const ring = open();
    expect(ring.current.number).toBe(1);
    expect(ring.longestSessionSeconds).toBe(7200);
  });

  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o644, 0o666]) {
    it(`refuses mode ${mode.toString(8)}, also behind a link, with the command that helps`, () => {
      chmodSync(path, mode);
      expect(errorOf({ file: path }).message).toContain(`chmod 600 ${path}`);
      const link = join(folder, "link.keys");
      symlinkSync(path, link);
      expect(errorOf({ file: link }).message).toContain(`chmod 600 ${link}`);
    });
  }

  it("is taken through a link to a file that others cannot read", () => {
    const link = join(folder, "link.keys");
    symlinkSync(path, link);
    const ring = createKeyring({ file: link });
    opened.push(ring);
    expect(ring.current.number).toBe(1);
  });

  it("says how to make a missing file", () => {
    const error = errorOf({ file: join(folder, "none.keys") });
    expect(error.code).toBe("HOLDFAST_KEYRING");
    expect(error.message).toContain("npx holdfast keys generate");
  });

  it("tells of a loose mode and of bad keys together", () => {
    const file = keyFile();
    const [key] = file.keys;
    writeFileSync(path, formatKeyFile({ ...file, keys: key ? [key, key] : [] }));
    chmodSync(path, 0o644);
    const { details } = errorOf({ file: path });
    expect(String(details.faults)).toMatch(/chmod 600.*is the same as/);
  });

  it("takes a change at reload, and says whether there was one", async () => {
    const ring = open();
    const before = ring.current;
    expect(await ring.reload()).toBe(false);
    expect(ring.current).toBe(before);
    write(keyFile(2));
    expect(await ring.reload()).toBe(true);
    expect(ring.current.number).toBe(2);
    expect(ring.find(1)).toBeUndefined();
  });

  it("takes a change within a minute by itself", () => {
    const ring = open();
    write(keyFile(2));
    vi.advanceTimersByTime(59_999);
    expect(ring.current.number).toBe(1);
    vi.advanceTimersByTime(1);
    expect(ring.current.number).toBe(2);
  });

  it("keeps its keys as they are while the file does not change", () => {
    const ring = open();
    const before = ring.current;
    vi.advanceTimersByTime(180_000);
    expect(ring.current).toBe(before);
  });

  it("stops looking when it is closed", () => {
    const ring = open();
    ring.close();
    write(keyFile(2));
    vi.advanceTimersByTime(120_000);
    expect(ring.current.number).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps the ring when the file goes bad, tells once, and recovers", () => {
    const problems: SessionError[] = [];
    const ring = open((error) => problems.push(error));
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.slice(0, 40));
    vi.advanceTimersByTime(60_000);
    vi.advanceTimersByTime(60_000);
    expect(ring.current.number).toBe(1);
    expect(problems.map(({ code }) => code)).toEqual(["HOLDFAST_KEYRING"]);
    expect(problems[0]?.message).toContain("not JSON");

    rmSync(path);
    vi.advanceTimersByTime(60_000);
    expect(problems).toHaveLength(2);
    expect(problems[1]?.message).toContain("There is no key file");

    write(keyFile(2));
    vi.advanceTimersByTime(60_000);
    expect(ring.current.number).toBe(2);
    expect(problems).toHaveLength(2);
  });

  it("keeps the ring when the path leads nowhere", () => {
    const problems: string[] = [];
    const ring = open((error) => problems.push(error.message));
    rmSync(path);
    symlinkSync(path, path);
    vi.advanceTimersByTime(60_000);
    expect(ring.current.number).toBe(1);
    expect(problems).toEqual([`The key file "${path}" cannot be read (ELOOP)`]);
  });

  it("keeps the ring when others become able to read the file", async () => {
    const problems: string[] = [];
    const ring = open((error) => problems.push(error.message));
    chmodSync(path, 0o644);
    expect(await ring.reload()).toBe(false);
    expect(ring.current.number).toBe(1);
    expect(problems.join()).toContain("chmod 600");
  });

  it("tells again at each reload that is asked for", async () => {
    const onProblem = vi.fn();
    const ring = open(onProblem);
    rmSync(path);
    await ring.reload();
    await ring.reload();
    expect(onProblem).toHaveBeenCalledTimes(2);
  });

  it("warns where nobody listens, and when the listener throws", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const silent = open();
    const throwing = open(() => {
      throw new Error("listener");
    });
    rmSync(path);
    expect(await silent.reload()).toBe(false);
    expect(await throwing.reload()).toBe(false);
    const messages = warned.mock.calls.map(([message]) => String(message));
    warned.mockRestore();
    expect(messages).toHaveLength(2);
    expect(messages[0]).toContain("The keys read before stay in use");
    expect(messages[1]).toContain('"onProblem" threw');
  });
});
