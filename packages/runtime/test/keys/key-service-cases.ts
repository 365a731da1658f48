/**
 * What every key service must do, whoever wraps. Names no test runner.
 * @module
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyring } from "../../src/crypto/create-keyring.ts";
import { formatKeyFile } from "../../src/crypto/key-file.ts";
import { type KeyService, type WrapContext, withinDeadline } from "../../src/keys/key-service.ts";
import { wrapKeys } from "../../src/keys/wrap-keys.ts";
import { formatWrappedFile } from "../../src/keys/wrapped-file.ts";
import { wrappedKeyring } from "../../src/keys/wrapped-keyring.ts";
import { shown } from "../support/output.ts";
import { ringFile } from "./ring-file.ts";

export interface KeyServiceHarness {
  /** As another process would have it: a second call gives a second one, of the same key. */
  open(): KeyService;
  /** Of the same kind, with another key. */
  openOther(): KeyService;
  /** Passwords, tokens and PINs that the service was given. */
  readonly secrets: readonly string[];
  /** A folder of the case's own. */
  readonly folder: string;
}

export interface KeyServiceCase {
  readonly title: string;
  run(harness: KeyServiceHarness): Promise<void>;
}

const ring = "0123456789abcdef0123456789abcdef";
const key3: WrapContext = { ring, purpose: "key", number: 3 };
const { signal } = new AbortController();

/** Every way in which bytes may be spelt. */
export function spellings(bytes: Uint8Array): readonly string[] {
  const buffer = Buffer.from(bytes);
  const hex = buffer.toString("hex");
  return [
    hex,
    buffer.toString("base64"),
    buffer.toString("base64url"),
    (hex.match(/../g) ?? []).slice(0, 12).join(" "),
    [...buffer].slice(0, 12).join(","),
    [...buffer].slice(0, 12).join(", "),
  ];
}

async function refusalOf(promise: Promise<unknown>): Promise<Error> {
  const settled = await promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  assert.ok(settled !== undefined, "it was opened");
  assert.equal((settled as { code?: unknown }).code, "HOLDFAST_KEYRING");
  return settled;
}

const foreign: readonly (readonly [string, WrapContext])[] = [
  ["another number", { ...key3, number: 4 }],
  ["an index key", { ring, purpose: "index" }],
  ["another file", { ...key3, ring: ring.replace("0", "1") }],
];

export const keyServiceCases: readonly KeyServiceCase[] = [
  ...[32, 64].map(
    (length): KeyServiceCase => ({
      title: `opens what another process wrapped, ${length} bytes of it`,
      async run({ open }) {
        const bytes = randomBytes(length);
        const wrapped = await open().wrap(bytes, key3, signal);
        const opened = await open().unwrap(wrapped, key3, signal);
        assert.equal(Buffer.from(opened).toString("hex"), bytes.toString("hex"));
      },
    }),
  ),
  {
    title:
      "wraps into printable text that shows nothing of the bytes, and never twice into the same",
    async run({ open }) {
      const bytes = randomBytes(32);
      const [one, two] = await Promise.all([0, 1].map(() => open().wrap(bytes, key3, signal)));
      assert.match(one ?? "", /^[!-~]{40,4096}$/);
      assert.notEqual(one, two);
      for (const text of spellings(bytes)) assert.ok(!one?.includes(text));
    },
  },
  ...foreign.map(
    ([name, context]): KeyServiceCase => ({
      title: `does not open as ${name} what it wrapped as key 3`,
      async run({ open }) {
        const service = open();
        const wrapped = await service.wrap(randomBytes(32), key3, signal);
        const { message } = await refusalOf(service.unwrap(wrapped, context, signal));
        assert.match(message, /restore/);
      },
    }),
  ),
  {
    title: "does not open what another key wrapped",
    async run({ open, openOther }) {
      const wrapped = await openOther().wrap(randomBytes(32), key3, signal);
      const { message } = await refusalOf(open().unwrap(wrapped, key3, signal));
      assert.match(message, /key 3/);
    },
  },
  {
    title: "does not open what was changed or cut",
    async run({ open }) {
      const service = open();
      const wrapped = await service.wrap(randomBytes(32), key3, signal);
      const at = wrapped.length - 20;
      const other = wrapped[at] === "A" ? "B" : "A";
      const changed = wrapped.slice(0, at) + other + wrapped.slice(at + 1);
      for (const text of [changed, wrapped.slice(0, -8), wrapped.slice(0, 12), "x", "{}"]) {
        await refusalOf(service.unwrap(text, key3, signal));
      }
    },
  },
  {
    title: "opens 18 keys that are asked for at once, and goes on after one that does not open",
    async run({ open }) {
      const service = open();
      const all = Array.from({ length: 18 }, () => randomBytes(32));
      const wrapped: string[] = [];
      for (const bytes of all) wrapped.push(await service.wrap(bytes, key3, signal));
      const tries = [...wrapped.slice(0, 9), "bad", ...wrapped.slice(9)];
      const opened = await withinDeadline(service, 10, (late) =>
        Promise.allSettled(tries.map((text) => service.unwrap(text, key3, late))),
      );
      const hex = opened.flatMap((each) =>
        each.status === "fulfilled" ? [Buffer.from(each.value).toString("hex")] : [],
      );
      assert.deepEqual(
        hex,
        all.map((bytes) => bytes.toString("hex")),
      );
    },
  },
  {
    title: "says what to do when it does not open, without what was wrapped, its key or a secret",
    async run({ open, openOther, secrets }) {
      const bytes = randomBytes(32);
      const wrapped = await openOther().wrap(bytes, key3, signal);
      const text = shown(await refusalOf(open().unwrap(wrapped, key3, signal)));
      for (const secret of [...secrets, ...spellings(bytes), wrapped]) {
        assert.ok(!text.includes(secret), "the error holds a secret");
      }
    },
  },
  {
    title: "shows no secret when it is looked at, also after use",
    async run({ open, secrets }) {
      const service = open();
      const bytes = randomBytes(32);
      await service.unwrap(await service.wrap(bytes, key3, signal), key3, signal);
      const text = shown(service);
      for (const secret of [...secrets, ...spellings(bytes)]) assert.ok(!text.includes(secret));
    },
  },
  {
    title: "carries a whole ring: the derived keys are those of the same keys in a plain file",
    async run({ open, folder }) {
      const file = ringFile([
        [0, "old"],
        [1, "current"],
        [2, "next"],
        [3, "revoked"],
      ]);
      const path = join(folder, "wrapped.keys");
      writeFileSync(path, formatWrappedFile(await wrapKeys(file, open(), signal)), { mode: 0o600 });
      const wrapped = await wrappedKeyring({ file: path, service: open() });
      const plain = createKeyring({ string: formatKeyFile(file) });
      try {
        for (const number of [0, 1, 2]) {
          const [a, b] = [wrapped.find(number), plain.find(number)];
          assert.ok(typeof a === "object" && typeof b === "object");
          assert.equal(a.state, b.state);
          for (const use of ["mac", "data", "meta", "successor", "csrf", "throttle"] as const) {
            assert.equal(a[use].toString("hex"), b[use].toString("hex"));
          }
        }
        assert.equal(wrapped.find(3), "revoked");
        assert.equal(wrapped.current.number, 1);
        assert.deepEqual(wrapped.indexKeys, plain.indexKeys);
        assert.equal(wrapped.longestSessionSeconds, plain.longestSessionSeconds);
        assert.equal(Object.getPrototypeOf(wrapped), Object.getPrototypeOf(plain));
      } finally {
        wrapped.close();
      }
    },
  },
];
