/**
 * The store and the keys are both stolen, for reading: data boxes stay closed without a cookie of their
 * session. Subjects and addresses are readable, and said to be.
 * @see CWE-311
 */
import { describe, expect, it } from "vitest";
import { openBox } from "../../src/crypto/box.ts";
import { readToken, storeKeyOf } from "../../src/crypto/token.ts";
import type { SessionRecord } from "../../src/stores/store.ts";
import { keyOf, signedIn, startEngine, testKeyring } from "../support/engine.ts";

async function theft() {
  const keyring = testKeyring();
  const engine = startEngine({ keyring });
  const browser = await signedIn(engine);
  await browser.visit((session) => session.set("note", "for the browser's owner only"));
  const key = keyOf(browser.token);
  const record = (await engine.store.get(key)) as SessionRecord;
  const { handle, subjectKey, createdAt, absoluteExpiresAt } = record;
  const context = { storeKey: key, handle, subjectKey, createdAt, absoluteExpiresAt };
  return { keyring, engine, browser, key, record, context };
}

describe("stolen store and keys", () => {
  it("opens no data box with anything that the store holds", async () => {
    const { keyring, key, record, context } = await theft();
    const held: readonly (string | Uint8Array)[] = [
      key,
      key.slice(4),
      Buffer.from(key.slice(4), "hex"),
      Buffer.from(key, "hex"),
      record.secretHash,
      record.handle,
      record.subjectKey ?? "",
      Buffer.from(record.handle, "base64url"),
      record.meta,
      new Uint8Array(18),
      "",
    ];
    for (const owner of held) {
      for (const purpose of ["data", "meta", "successor"] as const) {
        expect(openBox(purpose, keyring, owner, context, record.data)).toBe("tampered");
      }
    }
  });

  it("opens it with the series of a cookie of the session, old or current", async () => {
    const { keyring, browser, record, context } = await theft();
    const token = readToken(browser.token ?? "");
    if (token === undefined) throw new Error("not signed in");
    const opened = openBox("data", keyring, token.series, context, record.data);
    expect(Buffer.isBuffer(opened) && opened.toString()).toContain("owner only");
    expect(storeKeyOf(token)).toBe(context.storeKey);
  });

  it("reads who a session belongs to, as documented, and no more", async () => {
    const { keyring, key, record, context } = await theft();
    const meta = openBox("meta", keyring, key, context, record.meta);
    if (!Buffer.isBuffer(meta)) throw new Error(`the meta box did not open: ${meta}`);
    expect(Object.keys(JSON.parse(meta.toString())).sort()).toEqual(
      ["address", "authenticatedAt", "level", "subject"].sort(),
    );
    expect(meta.toString()).not.toContain("owner only");
  });

  it("opens no successor without the previous secret", async () => {
    const { keyring, engine, browser, key } = await theft();
    const previous = readToken(browser.token ?? "");
    engine.clock.advance(901);
    await browser.visit((session) => session.subject);
    const record = (await engine.store.get(key)) as SessionRecord;
    if (record.successor === null || previous === undefined) throw new Error("no rotation is open");
    const { handle, subjectKey, createdAt, absoluteExpiresAt } = record;
    const context = { storeKey: key, handle, subjectKey, createdAt, absoluteExpiresAt };
    const open = (owner: string | Uint8Array) =>
      openBox("successor", keyring, owner, context, record.successor as Uint8Array);
    const retired = record.retired[0]?.hash as Uint8Array;
    for (const owner of [key, retired, record.secretHash, previous.series]) {
      expect(open(owner)).toBe("tampered");
    }
    expect(open(previous.secret)).toEqual(readToken(browser.token ?? "")?.secret);
  });
});
