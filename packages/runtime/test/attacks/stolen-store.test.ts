/**
 * A stolen dump of the store: hashes and sealed boxes only. Nothing in it signs anybody in.
 * @see CWE-312, CWE-916; ASVS 5.0, 14.1.2
 */
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { readToken, writeToken } from "../../src/crypto/token.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { SessionRecord } from "../../src/stores/store.ts";
import { keyOf, signedIn, startEngine, testKeyring, wrapStore } from "../support/engine.ts";

/** Every value that the engine ever hands to the store, as bytes and text. */
function spiedStore() {
  const written: Buffer[] = [];
  const note = (value: unknown): void => {
    if (value instanceof Uint8Array) written.push(Buffer.from(value));
    else if (typeof value === "string") written.push(Buffer.from(value));
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(note);
  };
  const store = wrapStore(memoryStore(), (_operation, call, values) => {
    values.forEach(note);
    return call();
  });
  return { store, dump: () => Buffer.concat(written) };
}

/** Everything a session does, with marked values in it. */
async function live(engine: ReturnType<typeof startEngine>): Promise<readonly string[]> {
  const tokens: string[] = [];
  const browser = engine.newBrowser();
  const visit = async (run: Parameters<typeof browser.visit>[0]) => {
    await browser.visit(run, { headers: { "user-agent": "agent-of-the-canary" } });
    tokens.push(...browser.jar.values());
  };
  await visit((session) => session.set("secret", "canary-of-the-data"));
  await visit((session) =>
    session.signIn("canary-of-the-subject", { level: "password", carry: ["secret"] }),
  );
  await visit((session) => session.set("more", "canary-of-the-data"));
  engine.clock.advance(901);
  await visit((session) => session.flash("notice", "canary-of-the-data"));
  await visit((session) => session.stepUp("passkey"));
  await engine.sessions.subject("canary-of-the-subject").checkpoint();
  return [...new Set(tokens)];
}

describe("stolen store", () => {
  it("is handed no token, secret, series, subject, address or data in the clear", async () => {
    const { store, dump } = spiedStore();
    const engine = startEngine({ store });
    const tokens = await live(engine);
    expect(tokens.length).toBeGreaterThanOrEqual(4);
    const stolen = dump();
    expect(stolen.length).toBeGreaterThan(2000);
    for (const text of tokens) {
      const token = readToken(text);
      if (token === undefined) throw new Error("not a token");
      for (const part of [
        Buffer.from(text),
        token.secret,
        token.series,
        token.bytes.subarray(53),
      ]) {
        expect(stolen.includes(part)).toBe(false);
        expect(stolen.includes(part.toString("hex"))).toBe(false);
        expect(stolen.includes(part.toString("base64url"))).toBe(false);
      }
    }
    for (const word of ["canary", "192.0.2.1", "password", "passkey", "secret"]) {
      expect(stolen.includes(word), word).toBe(false);
    }
  });

  it("leaves no clear text in a SQLite file either", async () => {
    const db = new Database(":memory:");
    const engine = startEngine({ store: sqliteStore(db) });
    await live(engine);
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as {
      name: string;
    }[];
    const dump = tables
      .flatMap(({ name }) => db.prepare(`SELECT * FROM ${name}`).raw().all() as unknown[][])
      .flat()
      .map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : `${value}`,
      )
      .join("\n");
    expect(dump.length).toBeGreaterThan(500);
    expect(dump).not.toMatch(/canary|192\.0\.2\.1|passkey/);
    db.close();
  });

  it("gives nothing that could be sent as a cookie: hashes in the place of secrets are refused", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const key = keyOf(browser.token);
    const record = (await engine.store.get(key)) as SessionRecord;
    const token = readToken(browser.token ?? "");
    if (token === undefined) throw new Error("not signed in");
    engine.store.reset();
    // What a thief of the store can make: the right places filled with hashes, and a guess at the MAC.
    const bytes = Buffer.alloc(69);
    bytes[0] = 0x10;
    bytes.write(key.slice(0, 4), 1, "hex");
    bytes.write(key.slice(4, 40), 3, "hex");
    bytes.set(record.secretHash, 21);
    bytes.set(record.meta.subarray(-16), 53);
    const made = bytes.toString("base64url");
    for (const cookie of [
      made,
      key,
      record.handle,
      Buffer.from(record.secretHash).toString("hex"),
    ]) {
      const { result } = await engine
        .newBrowser()
        .visit((session) => session.subject, { cookies: `__Host-sid=${cookie}` });
      expect(result).toBeUndefined();
    }
    expect(engine.store.total).toBe(0);
    expect(engine.refusals()).toContain("forged");
  });

  it("signs nobody in with a token minted under other keys for the stolen store key", async () => {
    const engine = startEngine();
    const browser = await signedIn(engine);
    const token = readToken(browser.token ?? "");
    if (token === undefined) throw new Error("not signed in");
    const others = testKeyring([[0, "current", "another key"]]).current;
    const forged = writeToken(token, token.secret, others, "__Host-sid");
    const { result } = await engine
      .newBrowser()
      .visit((session) => session.subject, { cookies: `__Host-sid=${forged}` });
    expect(result).toBeUndefined();
  });
});
