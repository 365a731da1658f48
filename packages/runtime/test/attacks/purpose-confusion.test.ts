/**
 * A token or a box used for another purpose than the one it was made for.
 * @see CWE-323, CWE-346
 */
import { describe, expect, it } from "vitest";
import { type BoxPurpose, openBox, sealBox } from "../../src/crypto/box.ts";
import { readToken, verifyToken } from "../../src/crypto/token.ts";
import { signedIn, startEngine, testKeyring } from "../support/engine.ts";

const SID = "__Host-sid";
const ANON = "__Host-sid-anon";

describe("purpose confusion", () => {
  it("refuses an anonymous token under the signed-in name, and the other way round", async () => {
    const engine = startEngine();
    const visitor = engine.newBrowser();
    await visitor.visit((session) => session.set("cart", 1));
    const anonymous = visitor.jar.get(ANON) as string;
    const signed = (await signedIn(engine)).token as string;
    engine.store.reset();
    for (const cookies of [`${SID}=${anonymous}`, `${ANON}=${signed}`]) {
      const { result } = await engine
        .newBrowser()
        .visit((session) => [session.subject, session.get("cart")], { cookies });
      expect(result).toEqual([undefined, undefined]);
    }
    expect(engine.store.total).toBe(0);
    expect(engine.refusals()).toEqual(["forged"]);
  });

  it("refuses a token of another application that shares the keys under another name", async () => {
    const shop = startEngine({ policy: { cookieName: "__Host-shop" } });
    const admin = startEngine({ policy: { cookieName: "__Host-admin" }, store: shop.store });
    await shop.browser.visit((session) => session.signIn("alice", { level: "password" }));
    const token = shop.browser.jar.get("__Host-shop");
    shop.store.reset();
    const { result } = await admin
      .newBrowser()
      .visit((session) => session.subject, { cookies: `__Host-admin=${token}` });
    expect(result).toBeUndefined();
    expect(shop.store.total).toBe(0);
  });

  it("takes an earlier name over only where the policy says so, and only with its own MAC", async () => {
    const old = startEngine({ policy: { cookieName: "__Host-old" } });
    await old.browser.visit((session) => session.signIn("alice", { level: "password" }));
    const token = old.browser.jar.get("__Host-old");
    const renamed = startEngine({ policy: { previousNames: ["__Host-old"] }, store: old.store });
    const ask = (cookies: string) =>
      renamed.newBrowser().visit((session) => session.subject, { cookies });
    expect((await ask(`${SID}=${token}`)).result).toBeUndefined();
    expect((await ask(`__Host-older=${token}`)).result).toBeUndefined();
    const taken = await ask(`__Host-old=${token}`);
    expect(taken.result).toBe("alice");
    expect(taken.head.setCookies.map((line) => line.split("=", 1)[0]).sort()).toEqual(
      ["__Host-old", SID].sort(),
    );
  });

  it("makes no signed-in session of an anonymous one whose name was once the signed-in one", async () => {
    const engine = startEngine({ policy: { previousNames: [ANON] } });
    const visitor = engine.newBrowser();
    await visitor.visit((session) => session.set("cart", 1));
    const { result, head } = await visitor.visit((session) => [
      session.subject,
      session.get("cart"),
    ]);
    expect(result).toEqual([undefined, 1]);
    expect(head.setCookies).toEqual([]);
    expect([...visitor.jar.keys()]).toEqual([ANON]);
  });

  it("verifies a token for one name only, however name and bytes could be run together", async () => {
    const keys = testKeyring().current;
    const token = readToken((await signedIn(startEngine())).token ?? "");
    if (token === undefined) throw new Error("not signed in");
    expect(verifyToken(token, keys, SID)).toBe(true);
    for (const name of ["", "__Host-si", "__Host-sid\u0010", "__Host-Sid", `10:${SID}`]) {
      expect(verifyToken(token, keys, name)).toBe(false);
    }
  });

  it("opens no box for another purpose, even under the same owner", () => {
    const keyring = testKeyring();
    const context = {
      storeKey: "00",
      handle: "h",
      subjectKey: null,
      createdAt: 1,
      absoluteExpiresAt: 2,
    };
    const purposes: readonly BoxPurpose[] = ["data", "meta", "successor"];
    for (const made of purposes) {
      const box = sealBox(made, keyring.current, "owner", context, "text");
      for (const used of purposes) {
        const opened = openBox(used, keyring, "owner", context, box);
        expect(Buffer.isBuffer(opened), `${made} as ${used}`).toBe(made === used);
      }
    }
  });
});
