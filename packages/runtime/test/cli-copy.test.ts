/**
 * `holdfast migrate copy` from its command line to what is in the stores afterwards.
 * @module
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryStore } from "../src/stores/memory.ts";
import { migratingStore } from "../src/stores/migrating.ts";
import { sqliteStore } from "../src/stores/sqlite.ts";
import { recordFlags, type SessionStore, type StoredSession } from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";
import { holdfast, moduleOf } from "./support/command.ts";

const now = () => sampleNow;
let folder = "";
let from: SessionStore;
let to: SessionStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-copy-"));
  from = sqliteStore(new Database(":memory:"));
  to = memoryStore();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cursorFile = () => join(folder, "cursor.json");

async function copy(
  stores: Readonly<Record<string, unknown>> | string,
  ...args: readonly string[]
) {
  const path = typeof stores === "string" ? stores : moduleOf(folder, stores);
  const common = ["--stores", path, "--cursor", cursorFile()];
  return holdfast(["migrate", "copy", ...common, ...args], now());
}

async function fill(count: number, first = 0): Promise<readonly StoredSession[]> {
  const sessions = Array.from({ length: count }, (_, n) =>
    sampleSession(first + n, { subjectKey: n % 2 === 0 ? sampleSubject(n % 7) : null }),
  );
  for (const { key, record } of sessions) await from.create(key, record, { now: sampleNow });
  return sessions;
}

async function expectMoved(sessions: readonly StoredSession[]): Promise<void> {
  for (const { key, record } of sessions) {
    expect(await from.get(key)).toBeUndefined();
    const there = await to.get(key);
    expect(there).toMatchObject({ handle: record.handle, flags: 0 });
  }
}

describe("holdfast migrate copy", () => {
  it("moves every live session, and says how many", async () => {
    const sessions = await fill(25);
    const dead = sampleSession(900, { idleExpiresAt: sampleNow });
    const pending = sampleSession(901, { flags: recordFlags.pending });
    for (const { key, record } of [dead, pending]) {
      await from.create(key, record, { now: sampleNow });
    }
    const { code, out, err } = await copy({ from, to }, "--batch", "10", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      ok: true,
      complete: true,
      moved: 25,
      skipped: 2,
      gone: 0,
      busy: 0,
    });
    expect(err).toBe("10 moved, 0 dead and skipped, 0 gone meanwhile\n");
    expect(existsSync(cursorFile())).toBe(false);
    await expectMoved(sessions);
    expect(await to.get(dead.key)).toBeUndefined();
    expect((await copy({ from, to })).out).toContain("Done: 0 moved, 2 dead");
  });

  it("stops after its page when it is interrupted, and goes on from there", async () => {
    const sessions = await fill(50);
    let pages = 0;
    const interrupted: SessionStore = {
      ...from,
      scan(cursor, limit) {
        pages += 1;
        if (pages === 2) process.emit("SIGINT");
        return (from.scan as NonNullable<SessionStore["scan"]>)(cursor, limit);
      },
    };
    const before = process.listenerCount("SIGINT");
    const first = await copy({ from: interrupted, to }, "--batch", "10");
    expect(first.code).toBe(1);
    expect(first.out).toContain("Stopped: 20 moved");
    expect(first.err).toContain("Stopping after this page.");
    expect(process.listenerCount("SIGINT")).toBe(before);
    expect(pages).toBe(2);
    await expectMoved(sessions.slice(0, 20));
    expect(await from.get((sessions[20] as StoredSession).key)).toBeDefined();

    const cursors: (string | undefined)[] = [];
    const watched: SessionStore = {
      ...from,
      scan(cursor, limit) {
        cursors.push(cursor);
        return (from.scan as NonNullable<SessionStore["scan"]>)(cursor, limit);
      },
    };
    const second = await copy({ from: watched, to }, "--batch", "10");
    expect(second).toMatchObject({ code: 0, out: expect.stringContaining("Done: 50 moved") });
    expect(cursors[0]).toBe("20");
    await expectMoved(sessions);
  });

  it("keeps what it has when a store fails, and says no more than what failed", async () => {
    const sessions = await fill(30);
    let creates = 0;
    const failing: SessionStore = {
      ...to,
      create(key, record, options) {
        creates += 1;
        if (creates > 15) throw Object.assign(new Error(`no ${key}`), { code: "ECONNRESET" });
        return to.create(key, record, options);
      },
    };
    const first = await copy({ from, to: failing }, "--batch", "10");
    expect(first.code).toBe(2);
    expect(first.err).toContain("A store failed (Error ECONNRESET).");
    expect(first.err).not.toContain(sampleSession(16).key);
    expect(JSON.parse(readFileSync(cursorFile(), "utf8"))).toMatchObject({ moved: 10 });
    expect((await copy({ from, to })).code).toBe(0);
    await expectMoved(sessions);
  });

  it("shares the work with a second copy", async () => {
    const sessions = await fill(120);
    const paths = [join(folder, "one.json"), join(folder, "two.json")];
    const stores = moduleOf(folder, { from, to });
    const results = await Promise.all(
      paths.map((path) => copy(stores, "--cursor", path, "--batch", "7", "--json")),
    );
    const moved = results.map(({ code, out }) => {
      expect(code).toBe(0);
      return JSON.parse(out).moved as number;
    });
    expect(moved.reduce((sum, each) => sum + each)).toBe(120);
    await expectMoved(sessions);
  });

  it("leaves live traffic what it wrote and what it ended", async () => {
    const sessions = await fill(90);
    const live = [0, 1].map(() => migratingStore(from, to, { phase: "move", now }));
    const rewrite = async ({ key }: StoredSession, n: number) => {
      const store = live[n % 2] as SessionStore;
      for (;;) {
        const record = await store.get(key);
        if (record === undefined) throw new Error("a live session was not found");
        const next = { ...record, version: record.version + 1, data: Uint8Array.of(n) };
        if (await store.put(key, next)) return;
      }
    };
    const end = async ({ key }: StoredSession, n: number) =>
      (live[n % 2] as SessionStore).delete(key);
    const [copied] = await Promise.all([
      copy({ from, to }, "--batch", "10"),
      ...sessions.map((session, n) => (n % 3 === 0 ? end(session, n) : rewrite(session, n))),
    ]);
    expect(copied.code).toBe(0);
    for (const [n, { key }] of sessions.entries()) {
      const there = await to.get(key);
      if (n % 3 === 0) expect(there).toBeUndefined();
      else expect(there?.data).toEqual(Uint8Array.of(n));
      expect(await from.get(key)).toBeUndefined();
    }
  });

  it("says so when sessions were too busy to be moved", async () => {
    await fill(3);
    const busy: SessionStore = {
      ...from,
      delete: (key, only) => (only === undefined ? from.delete(key) : false),
    };
    const { code, out } = await copy({ from: busy, to }, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ok: false, complete: false, moved: 0, busy: 3 });
    expect((await copy({ from, to })).code).toBe(0);
  });

  it("closes the stores, and what the module says must be closed", async () => {
    const closed: string[] = [];
    const closing = (name: string, store: SessionStore): SessionStore => ({
      ...store,
      close: () => void closed.push(name),
    });
    const stores = { from: closing("from", from), to: closing("to", to) };
    await copy({ ...stores, close: () => closed.push("module") });
    expect(closed).toEqual(["from", "to", "module"]);
  });

  it("reads no cursor of other stores, and none that is none", async () => {
    const counts = { moved: 0, skipped: 0, gone: 0, busy: 0 };
    for (const [text, said] of [
      [JSON.stringify({ ...counts, from: "redis", to: "memory", cursor: "7" }), "from redis to"],
      ["[]", "not the cursor of a copy"],
      ["no JSON", "not the cursor of a copy"],
      [JSON.stringify({ ...counts, from: "sqlite", to: "memory", cursor: 7 }), "not the cursor"],
    ] as const) {
      writeFileSync(cursorFile(), text);
      const { code, err } = await copy({ from, to });
      expect(code).toBe(2);
      expect(err).toContain(said);
      expect(readFileSync(cursorFile(), "utf8")).toBe(text);
    }
  });

  it("refuses a store that cannot be read through", async () => {
    const { scan: _, ...blind } = from;
    const { code, err } = await copy({ from: blind, to });
    expect(code).toBe(2);
    expect(err).toContain('The store to copy from (sqlite) has no "scan"');
  });

  it("names what is wrong with the module", async () => {
    const said = async (...args: Parameters<typeof copy>) => {
      const { code, err } = await copy(...args);
      expect(code).toBe(2);
      return err;
    };
    expect(await said(join(folder, "none.mjs"))).toContain("could not be loaded");
    expect(await said({ from })).toContain("exports no store `to`");
    expect(await said({ from: Promise.resolve(from), to })).toContain("exports no store `from`");
    expect(await said({ from, to: from })).toContain("exports one store as `from` and as `to`");
  });

  for (const [args, said] of [
    [[], "--stores is missing"],
    [["--stores", ""], "--stores is missing"],
    [["--stores", "x.mjs", "--cursor", ""], "--cursor is empty"],
    [["--stores", "x.mjs", "--batch", "0"], "--batch must be"],
    [["--stores", "x.mjs", "--batch", "many"], "--batch must be"],
    [["--stores", "x.mjs", "--speed", "9"], "--speed"],
  ] as const) {
    it(`could not run: migrate copy ${args.join(" ")}`, async () => {
      const { code, err } = await holdfast(["migrate", "copy", ...args], now());
      expect(code).toBe(2);
      expect(err).toContain(said);
      expect(err).toContain("Usage: holdfast migrate copy");
    });
  }

  it("helps", async () => {
    expect((await copy("", "--help")).out).toMatch(/^Usage: holdfast migrate copy/);
  });
});
