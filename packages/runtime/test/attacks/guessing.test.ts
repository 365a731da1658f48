/**
 * Guessing: forged tokens never reach the store, and there is too much to guess.
 * @see CWE-330, CWE-340; ASVS 5.0, 7.2.3
 */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { newSecret, newSeries, readToken, writeToken } from "../../src/crypto/token.ts";
import { signedIn, startEngine, testKeyring } from "../support/engine.ts";

const SID = "__Host-sid";

describe("guessing", () => {
  it("asks the store nothing for ten thousand made-up tokens, and reports them in a few events", async () => {
    const engine = startEngine();
    const browser = engine.newBrowser();
    for (let n = 0; n < 10_000; n++) {
      const bytes = randomBytes(69);
      bytes[0] = 0x10;
      const { result } = await browser.visit((session) => session.subject, {
        cookies: `${SID}=${bytes.toString("base64url")}`,
      });
      expect(result).toBeUndefined();
    }
    expect(engine.store.total).toBe(0);
    expect(engine.refusals()).toEqual(["forged"]);
    await engine.sessions.close();
    expect(engine.seen("token.refused").map(({ count }) => count)).toEqual([1, 9999]);
  });

  it("asks the store nothing for a real token with any one character changed", async () => {
    const engine = startEngine();
    const token = (await signedIn(engine)).token as string;
    engine.store.reset();
    for (let at = 0; at < token.length; at++) {
      for (const character of ["A", "b", "-"]) {
        if (token[at] === character) continue;
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        const { result } = await engine
          .newBrowser()
          .visit((session) => session.subject, { cookies: `${SID}=${changed}` });
        expect(result).toBeUndefined();
      }
    }
    expect(engine.store.total).toBe(0);
  });

  it("asks the store nothing for a token under another key with a number that is held", async () => {
    const engine = startEngine();
    const others = testKeyring([[0, "current", "somebody else's"]]).current;
    for (let n = 0; n < 100; n++) {
      const forged = writeToken(newSeries(), newSecret(), others, SID);
      await engine
        .newBrowser()
        .visit((session) => session.subject, { cookies: `${SID}=${forged}` });
    }
    expect(engine.store.total).toBe(0);
  });

  it("reads the key file at most once a second for made-up key numbers", async () => {
    let reloads = 0;
    const ring = testKeyring();
    const keyring = new Proxy(ring, {
      get(target, name) {
        if (name === "reload") {
          return async () => {
            reloads++;
            return false;
          };
        }
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const engine = startEngine({ keyring });
    const bytes = randomBytes(69);
    for (let n = 0; n < 100; n++) {
      bytes[0] = 0x11 + (n % 15);
      const cookies = `${SID}=${bytes.toString("base64url")}`;
      await engine.newBrowser().visit((session) => session.subject, { cookies });
    }
    expect(reloads).toBe(1);
    engine.clock.advance(1);
    const cookies = `${SID}=${bytes.toString("base64url")}`;
    await engine.newBrowser().visit((session) => session.subject, { cookies });
    expect(reloads).toBe(2);
    expect(engine.store.total).toBe(0);
  });

  it("draws 256 bits for a secret and 144 for a series, none of them twice", () => {
    const secrets = new Set<string>();
    const series = new Set<string>();
    const ones = new Array<number>(256).fill(0);
    const rounds = 4000;
    for (let n = 0; n < rounds; n++) {
      const secret = newSecret();
      secrets.add(secret.toString("hex"));
      series.add(newSeries("0000").series.toString("hex"));
      for (let bit = 0; bit < 256; bit++) {
        if ((secret[bit >> 3] as number) & (1 << (bit & 7))) ones[bit] = (ones[bit] as number) + 1;
      }
    }
    expect(secrets.size).toBe(rounds);
    expect(series.size).toBe(rounds);
    expect([...secrets].every((hex) => hex.length === 64)).toBe(true);
    expect([...series].every((hex) => hex.length === 36)).toBe(true);
    // Each bit is a coin: 8 standard deviations off would be no coin.
    const off = Math.max(...ones.map((count) => Math.abs(count - rounds / 2)));
    expect(off).toBeLessThan(8 * Math.sqrt(rounds / 4));
  });

  it("gives two sessions of one account nothing in common but the bucket", async () => {
    const engine = startEngine();
    const first = readToken((await signedIn(engine)).token ?? "");
    const second = readToken((await signedIn(engine)).token ?? "");
    expect(first?.bucket).toBe(second?.bucket);
    expect(first?.series).not.toEqual(second?.series);
    expect(first?.secret).not.toEqual(second?.secret);
  });
});
