/**
 * Keys sealed under a passphrase or a key: nothing but this process and the file.
 * @module
 */
import { createCipheriv, randomBytes, scryptSync } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contextText, type KeyService, type WrapContext } from "../../src/keys/key-service.ts";
import {
  type SealedFileOptions,
  sealedFileKeyring,
  sealedFileKeyService,
} from "../../src/keys/sealed-file.ts";
import { wrapKeys } from "../../src/keys/wrap-keys.ts";
import { formatWrappedFile } from "../../src/keys/wrapped-file.ts";
import { shown } from "../support/output.ts";
import { keyServiceCases, spellings } from "./key-service-cases.ts";
import { ringFile, testFolders } from "./ring-file.ts";

const newFolder = testFolders();
const context: WrapContext = { ring: "0".repeat(32), purpose: "key", number: 3 };
const { signal } = new AbortController();
const PASSPHRASE = "lantern orbit mosaic thrift velvet quarry";
const [key, otherKey] = [randomBytes(32), randomBytes(32)];

/** By hand, as the comment in the source says, and at the least cost that is read. */
function sealedByHand(passphrase: string, bytes: Uint8Array = randomBytes(32)): string {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const derived = scryptSync(passphrase, salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 });
  const head = `scrypt:15:8:1:${salt.toString("base64url")}`;
  const cipher = createCipheriv("aes-256-gcm", derived, nonce);
  cipher.setAAD(Buffer.from(`${head}:${contextText(context)}`));
  const box = Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  return `${head}:${box.toString("base64url")}`;
}

/** Wraps at the least cost, as into a file that was sealed so: half a second less for each test. */
async function cheapService(passphrase: string): Promise<KeyService> {
  const service = sealedFileKeyService({ passphrase });
  await service.join?.(sealedByHand(passphrase), context, signal);
  return service;
}

describe("a sealed file, under a key", () => {
  for (const { title, run } of keyServiceCases) {
    it(title, () =>
      run({
        open: () => sealedFileKeyService({ key }),
        openOther: () => sealedFileKeyService({ key: otherKey }),
        secrets: spellings(key),
        folder: newFolder(),
      }),
    );
  }
});

const one = await cheapService(PASSPHRASE);
const two = await cheapService(`${PASSPHRASE} too`);

describe("what is sealed under a key", () => {
  const contexts = fc.record({
    ring: fc.constantFrom("0".repeat(32), "1".repeat(32)),
    purpose: fc.constantFrom<"key" | "index">("key", "index"),
    number: fc.option(fc.integer({ min: 0, max: 15 }), { nil: undefined }),
  });
  const service = sealedFileKeyService({ key });

  it("opens with its own context and with no other", async () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 64 });
    await fc.assert(
      fc.asyncProperty(bytes, contexts, contexts, async (sealed, own, other) => {
        const wrapped = await service.wrap(sealed, own, signal);
        const opened = await service.unwrap(wrapped, own, signal);
        expect(Buffer.from(opened)).toEqual(Buffer.from(sealed));
        if (contextText(own) === contextText(other)) return;
        await expect(service.unwrap(wrapped, other, signal)).rejects.toThrow("does not open");
      }),
    );
  });

  it("does not open with any character of it replaced or left out", async () => {
    const wrapped = await service.wrap(randomBytes(32), context, signal);
    // Not the last of the salt, of which two bits belong to no byte: it is judged as text, and refused too.
    for (let at = 0; at < wrapped.length; at++) {
      for (const character of ["A", "B", ":", ""]) {
        if (character === wrapped[at]) continue;
        const changed = wrapped.slice(0, at) + character + wrapped.slice(at + 1);
        await expect(service.unwrap(changed, context, signal)).rejects.toMatchObject({
          code: "HOLDFAST_KEYRING",
        });
      }
    }
  });
});

describe("a sealed file, under a passphrase", () => {
  for (const { title, run } of keyServiceCases) {
    it(title, () =>
      run({ open: () => one, openOther: () => two, secrets: [PASSPHRASE], folder: newFolder() }),
    );
  }

  it("is what the format says, derived by somebody else", async () => {
    const bytes = randomBytes(32);
    const opened = await one.unwrap(sealedByHand(PASSPHRASE, bytes), context, signal);
    expect(Buffer.from(opened)).toEqual(bytes);
  });

  it("derives at its full cost, and once for a whole file", async () => {
    const service = sealedFileKeyService({ passphrase: PASSPHRASE });
    const wrapped = await service.wrap(randomBytes(32), context, signal);
    expect(wrapped).toMatch(/^scrypt:17:8:1:[\w-]{22}:[\w-]{80}$/);
    const began = performance.now();
    for (let n = 0; n < 100; n++) await service.unwrap(wrapped, context, signal);
    expect(performance.now() - began).toBeLessThan(200);
  });

  it("does not hold up the event loop while it derives", async () => {
    let turns = 0;
    let isDone = false;
    const text = sealedByHand(PASSPHRASE);
    const opened = sealedFileKeyService({ passphrase: PASSPHRASE })
      .unwrap(text, context, signal)
      .finally(() => {
        isDone = true;
      });
    while (!isDone) {
      await new Promise(setImmediate);
      turns += 1;
    }
    await opened;
    expect(turns).toBeGreaterThan(20);
  });

  it("takes a passphrase however its characters are composed", async () => {
    const composed = "zw\u00f6lf Boxk\u00e4mpfer jagen Viktor \u00fcber den Deich";
    const text = sealedByHand(composed, key);
    const other = sealedFileKeyService({ passphrase: composed.normalize("NFD") });
    expect(Buffer.from(await other.unwrap(text, context, signal))).toEqual(key);
  });

  it("wraps a later key with the salt that the file has, and not under a mistyped passphrase", async () => {
    const first = sealedByHand(PASSPHRASE);
    const later = sealedFileKeyService({ passphrase: PASSPHRASE });
    await later.join?.(first, context, signal);
    const second = await later.wrap(randomBytes(32), { ...context, number: 4 }, signal);
    const headOf = (text: string) => text.slice(0, text.lastIndexOf(":"));
    expect(headOf(second)).toBe(headOf(first));
    const mistyped = sealedFileKeyService({ passphrase: `${PASSPHRASE}x` });
    await expect(mistyped.join?.(first, context, signal)).rejects.toThrow(
      "the passphrase is not the one that it was sealed under",
    );
  });

  for (const head of [
    "scrypt:14:8:1",
    "scrypt:25:8:1",
    "scrypt:17:64:1",
    "scrypt:17:8:99",
    "pbkdf2:1",
  ]) {
    it(`derives nothing by parameters that it would not write: ${head}`, async () => {
      const text = `${head}:${"A".repeat(22)}:${"A".repeat(80)}`;
      await expect(one.unwrap(text, context, signal)).rejects.toThrow("cannot read how");
    });
  }
});

describe("the keyring of a sealed file", () => {
  it("needs a file that nobody else reads: whoever does can try passphrases", async () => {
    const file = join(newFolder(), "app.keys");
    const service = sealedFileKeyService({ key });
    writeFileSync(file, formatWrappedFile(await wrapKeys(ringFile(), service, signal)));
    chmodSync(file, 0o644);
    await expect(sealedFileKeyring({ file, key })).rejects.toThrow(`chmod 600 ${file}`);
    chmodSync(file, 0o600);
    const ring = await sealedFileKeyring({ file, key });
    ring.close();
    expect(ring.current.number).toBe(0);
    await expect(sealedFileKeyring({ file, key: otherKey })).rejects.toThrow(
      "the key is not the one that it was sealed under",
    );
    await expect(sealedFileKeyring({ file, passphrase: PASSPHRASE })).rejects.toThrow(
      "this was wrapped by sealed-file (key), and the service given is sealed-file (passphrase)",
    );
  });

  for (const [passphrase, said] of [
    ["", "is empty; is an environment variable missing?"],
    ["   ", "is empty"],
    ["short", "at least 20 characters"],
    ["a".repeat(60), "beside repeated and common ones"],
    ["one two one two one two one two one two", "beside repeated and common ones"],
    ["Password1234567890Password", "beside repeated and common ones"],
    ["correct horse battery staple", "beside repeated and common ones"],
    ["abacabadabacabaeabacabadabacaba", "at least 10 different characters"],
    [`${PASSPHRASE}\n`, "trim()"],
    ["x1y2z3".repeat(200), "is longer than 1000"],
    [Buffer.from(PASSPHRASE), "must be text"],
  ] as const) {
    it(`refuses a passphrase that ${said}: ${JSON.stringify(String(passphrase)).slice(0, 30)}`, async () => {
      const options = { file: "app.keys", passphrase } as unknown as SealedFileOptions;
      const error = await sealedFileKeyring({ file: "app.keys", ...options }).catch((e) => e);
      expect(error).toMatchObject({ code: "HOLDFAST_OPTION" });
      expect(error.message).toContain(said);
      if (passphrase.length > 3) expect(shown(error)).not.toContain(String(passphrase).trim());
    });
  }

  for (const good of [
    PASSPHRASE,
    randomBytes(24).toString("base64"),
    randomBytes(18).toString("hex"),
    "Der Mond ist aufgegangen 1779",
  ]) {
    it(`takes a passphrase of ${good.length} characters`, () => {
      expect(sealedFileKeyService({ passphrase: good }).key).toBe("passphrase");
    });
  }

  for (const [given, said] of [
    [{}, 'one of "passphrase" and "key" must be there'],
    [{ passphrase: PASSPHRASE, key }, 'one of "passphrase" and "key" must be there'],
    [{ key: "text" }, '"key" must be a Uint8Array, not text'],
    [{ key: new Uint8Array(16) }, '"key" is 16 bytes long'],
    [{ key: new Uint8Array(32) }, '"key" follows a pattern'],
    [{ pasphrase: PASSPHRASE }, '"pasphrase" is unknown'],
  ] as const) {
    it(`refuses options: ${said}`, () => {
      expect(() => sealedFileKeyService(given as never)).toThrow(said);
    });
  }

  it("does not change with the caller's buffer", async () => {
    const mine = Buffer.from(key);
    const service = sealedFileKeyService({ key: mine });
    mine.fill(0);
    const wrapped = await sealedFileKeyService({ key }).wrap(otherKey, context, signal);
    expect(Buffer.from(await service.unwrap(wrapped, context, signal))).toEqual(otherKey);
  });

  it("opens the files that every release has written", async () => {
    const path = join(import.meta.dirname, "..", "vectors", "wrapped-keys.json");
    const { vectors } = JSON.parse(readFileSync(path, "utf8"));
    expect(vectors).toHaveLength(2);
    for (const { passphrase, key: hex, file: wrappedFile, current, mac, index } of vectors) {
      const file = join(newFolder(), "app.keys");
      writeFileSync(file, JSON.stringify(wrappedFile), { mode: 0o600 });
      const secret = passphrase === undefined ? { key: Buffer.from(hex, "hex") } : { passphrase };
      const ring = await sealedFileKeyring({ file, ...secret });
      ring.close();
      expect(ring.current.number).toBe(current);
      expect(ring.current.mac.toString("hex")).toBe(mac);
      expect(ring.indexKeys.map((each) => each.toString("hex"))).toEqual(index);
    }
  });
});
