/**
 * The pass in a device cookie: good for one account, one cookie and its time, and forged by nobody.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKeyring } from "../crypto/create-keyring.ts";
import type { Keyring, KeyState } from "../crypto/keyring.ts";
import { knownDevice, MAX_PASSES, type PassRules, withPass } from "./device-cookie.ts";

const bytesOf = (name: string) => createHash("sha256").update(`device test: ${name}`).digest();

function ring(...keys: readonly (readonly [number: number, state: KeyState, name?: string])[]) {
  return createKeyring({
    keys: keys.map(([number, state, name = `key ${number}`]) => ({
      number,
      state,
      bytes: state === "revoked" ? undefined : bytesOf(name),
    })),
    indexKeys: [{ state: "current", bytes: bytesOf("index") }],
  });
}

const NOW = Date.UTC(2030, 0, 1);

function rules(keyring: Keyring = ring([0, "current"]), nowSeconds = 0): PassRules {
  return {
    keyring,
    cookieName: "__Host-sid-device",
    deviceSeconds: 1000,
    now: NOW + nowSeconds * 1000,
  };
}

describe("a device cookie", () => {
  it("shows the device to its account, and to no other", () => {
    const value = withPass([], "alice", rules());
    expect(value).toMatch(/^[\w-]{44}$/);
    expect(knownDevice([value], "alice", rules())?.id).toMatch(/^[\da-f]{24}$/);
    expect(knownDevice([value], "bob", rules())).toBeUndefined();
    expect(knownDevice([value], "", rules())).toBeUndefined();
  });

  it("is another for each browser, and does not name the account", () => {
    const one = withPass([], "alice", rules());
    const other = withPass([], "alice", rules());
    expect(one).not.toBe(other);
    expect(knownDevice([one], "alice", rules())).not.toEqual(
      knownDevice([other], "alice", rules()),
    );
    expect(Buffer.from(one, "base64url").toString("latin1")).not.toContain("alice");
  });

  it("keeps the device through every sign-in, and begins its time again", () => {
    const first = withPass([], "alice", rules());
    const id = knownDevice([first], "alice", rules())?.id;
    const second = withPass([first], "alice", rules(ring([0, "current"]), 900));
    expect(second).not.toContain(".");
    const later = rules(ring([0, "current"]), 1800);
    expect(knownDevice([first], "alice", later)).toBeUndefined();
    expect(knownDevice([second], "alice", later)?.id).toBe(id);
  });

  it("ends with its time", () => {
    const value = withPass([], "alice", rules());
    const at = (seconds: number) => rules(ring([0, "current"]), seconds);
    expect(knownDevice([value], "alice", at(999))).toBeDefined();
    expect(knownDevice([value], "alice", at(1000))).toBeUndefined();
  });

  it("is for the cookie of one name", () => {
    const value = withPass([], "alice", rules());
    const others = { ...rules(), cookieName: "__Host-admin-device" };
    expect(knownDevice([value], "alice", others)).toBeUndefined();
  });

  it("is known under an old and under a next key, and renewed under the current one", () => {
    const value = withPass([], "alice", rules());
    for (const state of ["old", "next"] as const) {
      const rotated = rules(ring([0, state], [1, "current"]));
      const id = knownDevice([value], "alice", rotated)?.id;
      expect(id).toBeDefined();
      const renewed = withPass([value], "alice", rotated);
      expect(Buffer.from(renewed, "base64url")[0]).toBe(0x11);
      expect(knownDevice([renewed], "alice", rules(ring([1, "current"])))?.id).toBe(id);
    }
  });

  it("is nothing under a key that is revoked, gone or another's", () => {
    const value = withPass([], "alice", rules());
    const rings = [
      ring([0, "revoked"], [1, "current"]),
      ring([1, "current"]),
      ring([0, "current", "another application's"]),
    ];
    for (const each of rings) expect(knownDevice([value], "alice", rules(each))).toBeUndefined();
  });

  it("is refused with any one character changed", () => {
    const value = withPass([], "alice", rules());
    for (let at = 0; at < value.length; at++) {
      const changed = `${value.slice(0, at)}${value[at] === "A" ? "B" : "A"}${value.slice(at + 1)}`;
      expect(knownDevice([changed], "alice", rules())).toBeUndefined();
    }
  });

  it("serves four accounts of one browser, and then forgets the one used longest ago", () => {
    const accounts = ["a", "b", "c", "d", "e"];
    const value = accounts.reduce((before, name) => withPass([before], name, rules()), "");
    const known = accounts.filter((name) => knownDevice([value], name, rules()) !== undefined);
    expect(known).toEqual(["b", "c", "d", "e"]);
    expect(value.split(".")).toHaveLength(MAX_PASSES);
  });

  it("has one pass for an account, however often it signs in", () => {
    const both = withPass([withPass([], "bob", rules())], "alice", rules());
    let value = both;
    for (let n = 0; n < 10; n++) value = withPass([value], "alice", rules());
    expect(value.split(".")).toHaveLength(2);
    expect(knownDevice([value], "bob", rules())).toEqual(knownDevice([both], "bob", rules()));
  });

  it("is read whatever the browser sends", () => {
    const good = withPass([], "alice", rules());
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.base64String({ maxLength: 200 }),
      fc.stringMatching(/^[\w.-]{0,200}$/),
      fc.uint8Array({ minLength: 33, maxLength: 33 }).map((bytes) => {
        bytes[0] = 0x10;
        return Buffer.from(bytes).toString("base64url");
      }),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), fc.string(), (values, account) => {
        expect(knownDevice(values, account, rules())).toBeUndefined();
        expect(knownDevice([...values, good], "alice", rules())).toBeDefined();
        const renewed = withPass(values, account, rules());
        expect(renewed).toMatch(/^[\w-]{44}(\.[\w-]{44}){0,3}$/);
        expect(knownDevice([renewed], account, rules())).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it("is read in the form that this release writes", () => {
    const written = "EAARIjNEVWZ3iJmqu3Db2ICYb9KGfyq8oansUGmNl6Lb";
    expect(knownDevice([written], "alice", rules())).toEqual({ id: "00112233445566778899aabb" });
    expect(withPass([written], "alice", rules())).toBe(written);
  });
});
