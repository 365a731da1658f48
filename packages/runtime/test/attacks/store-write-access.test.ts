/**
 * Somebody can write to the store, without the keys: no box moves, no owner changes, no session lives
 * past its absolute deadline. Deleting, replaying a row and extending idleness are possible, and said so.
 * @see CWE-345, CWE-353
 */
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { subjectKeyOf } from "../../src/engine/core.ts";
import { SessionError, SessionRefusal } from "../../src/errors.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { SessionRecord } from "../../src/stores/store.ts";
import {
  type Engine,
  keyOf,
  overwrite,
  signedIn,
  startEngine,
  type TestBrowser,
  tamper,
  testBytes,
} from "../support/engine.ts";

interface Seen {
  readonly subject: unknown;
  readonly secret: unknown;
}

/** What a request with the browser's cookies is served; a refusal or a failure serves nothing. */
async function served(browser: TestBrowser): Promise<Seen | "refused"> {
  try {
    const { result } = await browser.copy().visit((session) => ({
      subject: session.subject,
      secret: session.get("secret"),
    }));
    return result;
  } catch (error) {
    if (error instanceof SessionRefusal || error instanceof SessionError) return "refused";
    throw error;
  }
}

async function twoUsers(engine: Engine) {
  const alice = await signedIn(engine, "alice");
  await alice.visit((session) => session.set("secret", "alice's"));
  const mallory = await signedIn(engine, "mallory");
  await mallory.visit((session) => session.set("secret", "mallory's"));
  const records = {
    alice: (await engine.store.get(keyOf(alice.token))) as SessionRecord,
    mallory: (await engine.store.get(keyOf(mallory.token))) as SessionRecord,
  };
  return { alice, mallory, records };
}

/** Whether an answer gives nothing of anybody else away. */
function isNobodyElse(seen: Seen | "refused", own: string): boolean {
  if (seen === "refused") return true;
  const { subject, secret } = seen;
  return (
    (subject === undefined || subject === own) && (secret === undefined || secret === `${own}'s`)
  );
}

const boxes = ["meta", "data"] as const;

describe("write access to the store", () => {
  for (const box of boxes) {
    it(`opens no ${box} box that was moved from another session`, async () => {
      const engine = startEngine();
      const { mallory, records } = await twoUsers(engine);
      await tamper(engine.store, keyOf(mallory.token), () => ({ [box]: records.alice[box] }));
      const seen = await served(mallory);
      expect(isNobodyElse(seen, "mallory")).toBe(true);
      expect(seen).not.toEqual({ subject: "mallory", secret: "mallory's" });
      expect(engine.refusals()).toContain("tampered");
    });
  }

  it("serves nothing of a whole record that was copied under one's own key", async () => {
    const engine = startEngine();
    const { mallory, records } = await twoUsers(engine);
    const { secretHash } = records.mallory;
    await overwrite(engine.store, keyOf(mallory.token), { ...records.alice, secretHash });
    expect(await served(mallory)).not.toMatchObject({ subject: "alice" });
    expect(engine.refusals()).toContain("tampered");
  });

  it("opens no meta box in the place of the data box, nor the other way round", async () => {
    const engine = startEngine();
    const { mallory, records } = await twoUsers(engine);
    const { meta, data } = records.mallory;
    await tamper(engine.store, keyOf(mallory.token), () => ({ meta: data, data: meta }));
    expect(await served(mallory)).toEqual({ subject: undefined, secret: undefined });
  });

  for (const [title, change] of [
    ["the owner", () => ({ subjectKey: subjectKeyOf("alice", testBytes("index")) })],
    ["nobody as the owner", () => ({ subjectKey: null })],
    ["the handle", (record: SessionRecord) => ({ handle: record.handle.replace(/./, "_") })],
    ["the creation", (record: SessionRecord) => ({ createdAt: record.createdAt + 1 })],
    [
      "the absolute deadline",
      (record: SessionRecord) => ({ absoluteExpiresAt: record.absoluteExpiresAt + 86_400_000 }),
    ],
  ] as const) {
    it(`refuses a record with a change of ${title}`, async () => {
      const engine = startEngine();
      const { mallory } = await twoUsers(engine);
      await tamper(engine.store, keyOf(mallory.token), change as never);
      expect(await served(mallory)).toEqual({ subject: undefined, secret: undefined });
      expect(engine.refusals().at(-1)).toMatch(/tampered|unknown/);
    });
  }

  it("extends idleness, but never past the absolute deadline", async () => {
    const engine = startEngine();
    const { mallory } = await twoUsers(engine);
    const forever = Number.MAX_SAFE_INTEGER;
    await tamper(engine.store, keyOf(mallory.token), () => ({ idleExpiresAt: forever }));
    engine.clock.advance(4 * 3600);
    expect(await served(mallory)).toMatchObject({ subject: "mallory" });
    engine.clock.advance(8 * 3600);
    expect(await served(mallory)).toEqual({ subject: undefined, secret: undefined });
    expect(engine.refusals()).toContain("expired");
  });

  it("serves an earlier state of a row to the cookie of that time, until its absolute end", async () => {
    const engine = startEngine();
    const { alice } = await twoUsers(engine);
    const key = keyOf(alice.token);
    const earlier = (await engine.store.get(key)) as SessionRecord;
    const kept = alice.copy();
    await alice.visit((session) => session.signOut());
    expect(await served(kept)).toEqual({ subject: undefined, secret: undefined });

    // As documented: who writes to the store can bring a row back, who reads it cannot use it.
    await engine.store.create(key, { ...earlier, version: 1 }, { now: engine.clock.now() });
    expect(await served(kept)).toEqual({ subject: "alice", secret: "alice's" });
    engine.clock.advance(43_200);
    expect(await served(kept)).toEqual({ subject: undefined, secret: undefined });
  });

  it("lists no session that was moved into another account's index", async () => {
    const engine = startEngine();
    const { mallory } = await twoUsers(engine);
    const alice = subjectKeyOf("alice", testBytes("index"));
    await tamper(engine.store, keyOf(mallory.token), () => ({ subjectKey: alice }));
    const lines = await engine.sessions.subject("alice").list();
    expect(lines).toHaveLength(1);
    expect(engine.refusals()).toContain("tampered");
  });

  it("lists no session whose row was moved into another account's index", async () => {
    const db = new Database(":memory:");
    const engine = startEngine({ store: sqliteStore(db) });
    const { mallory } = await twoUsers(engine);
    const alice = subjectKeyOf("alice", testBytes("index"));
    db.prepare("UPDATE sessions SET subjectKey = unhex(?) WHERE key = unhex(?)").run(
      alice,
      keyOf(mallory.token),
    );
    expect(await engine.sessions.subject("alice").list()).toHaveLength(1);
    expect(engine.refusals()).toContain("tampered");
    db.close();
  });

  it("gives nothing of anybody else away whatever byte of a record is flipped", async () => {
    const engine = startEngine();
    const { mallory } = await twoUsers(engine);
    const key = keyOf(mallory.token);
    engine.clock.advance(901);
    await mallory.copy().visit((session) => session.subject);
    const whole = (await engine.store.get(key)) as SessionRecord;
    expect(whole.successor).not.toBeNull();
    for (const field of ["secretHash", "successor", "meta", "data"] as const) {
      const bytes = whole[field] as Uint8Array;
      for (let at = 0; at < bytes.length; at++) {
        for (const bit of [0x01, 0x80]) {
          const flipped = Uint8Array.from(bytes);
          flipped[at] = (flipped[at] as number) ^ bit;
          await overwrite(engine.store, key, { ...whole, [field]: flipped });
          const seen = await served(mallory);
          expect(isNobodyElse(seen, "mallory"), `${field} byte ${at}`).toBe(true);
          if (field === "data" && seen !== "refused") expect(seen.secret).toBeUndefined();
          if (field === "meta" && seen !== "refused") expect(seen.subject).toBeUndefined();
        }
      }
    }
  });

  it("survives odd values in every other field", async () => {
    const engine = startEngine();
    const { mallory } = await twoUsers(engine);
    const key = keyOf(mallory.token);
    const whole = (await engine.store.get(key)) as SessionRecord;
    const odd: Partial<Record<keyof SessionRecord, readonly unknown[]>> = {
      format: [0, 2, 255, -1],
      version: [0, 7, 2 ** 40],
      confirmedAt: [null, 0, -1, Number.MAX_SAFE_INTEGER],
      presentedAt: [null, 0, Number.MAX_SAFE_INTEGER],
      retired: [
        [],
        [{ hash: whole.secretHash, kind: "dead", retiredAt: 0, until: 0 }],
        [{ hash: new Uint8Array(3), kind: "graceful", retiredAt: 0, until: null }],
      ],
      successor: [null, new Uint8Array(0), new Uint8Array(200)],
      idleExpiresAt: [0, -1, Number.MAX_SAFE_INTEGER],
      flags: [1, 2, 3, 4, 255],
      writeIds: [[], ["zz"]],
      secretHash: [new Uint8Array(0), new Uint8Array(33)],
      meta: [new Uint8Array(0), new Uint8Array(28), new Uint8Array(300)],
      data: [new Uint8Array(0), new Uint8Array(28), new Uint8Array(300)],
    };
    for (const [field, values] of Object.entries(odd)) {
      for (const value of values ?? []) {
        await overwrite(engine.store, key, { ...whole, [field]: value });
        expect(isNobodyElse(await served(mallory), "mallory"), `${field} ${value}`).toBe(true);
      }
    }
  });

  it("gives nothing of anybody else away whatever byte of a SQLite row is flipped", async () => {
    const db = new Database(":memory:");
    const engine = startEngine({ store: sqliteStore(db) });
    const { mallory } = await twoUsers(engine);
    const key = keyOf(mallory.token);
    const whole = (await engine.store.get(key)) as SessionRecord;
    const columns = Object.entries(
      db.prepare("SELECT * FROM sessions WHERE key = unhex(?)").get(key) as object,
    ).filter(([name, value]) => typeof value !== "number" && !["key", "_metadata"].includes(name));
    expect(columns.map(([name]) => name)).toEqual(["handle", "subjectKey", "record"]);
    for (const [column, stored] of columns) {
      const value = Buffer.from(stored as Uint8Array | string);
      const type = typeof stored === "string" ? "TEXT" : "BLOB";
      const write = db.prepare(
        `UPDATE sessions SET ${column} = CAST(? AS ${type}) WHERE key = unhex(?)`,
      );
      for (let at = 0; at < value.length; at++) {
        const flipped = Buffer.from(value);
        flipped[at] = (flipped[at] as number) ^ 0x01;
        write.run(flipped, key);
        const seen = await served(mallory);
        expect(isNobodyElse(seen, "mallory"), `${column} byte ${at}`).toBe(true);
        await overwrite(engine.store, key, whole);
      }
    }
    expect(await served(mallory)).toEqual({ subject: "mallory", secret: "mallory's" });
    db.close();
  });
});
