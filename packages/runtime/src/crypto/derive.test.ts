/**
 * Derived keys against vectors that were computed with another implementation of HMAC.
 * @module
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { deriveKey, deriveKeys, fingerprint, type KeyLabel } from "./derive.ts";

interface Vector {
  readonly comment: string;
  readonly master: string;
  readonly derived: Readonly<Record<KeyLabel, string>>;
  readonly fingerprint: string;
}

const file = new URL("../../test/vectors/keys.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { readonly vectors: Vector[] };

describe("derived keys", () => {
  for (const vector of vectors) {
    const master = Buffer.from(vector.master, "hex");

    it(`match the vector of ${vector.comment}`, () => {
      for (const [label, hex] of Object.entries(vector.derived)) {
        expect(deriveKey(master, label as KeyLabel).toString("hex"), label).toBe(hex);
      }
      expect(fingerprint(master)).toBe(vector.fingerprint);
    });

    it(`are what a key of the ring holds: ${vector.comment}`, () => {
      const keys = deriveKeys(7, "old", master);
      expect(keys).toMatchObject({ number: 7, state: "old" });
      for (const label of ["mac", "data", "meta", "successor", "csrf", "throttle"] as const) {
        expect(keys[label].toString("hex"), label).toBe(vector.derived[label]);
      }
    });
  }

  it("all differ from each other and from the master", () => {
    const master = randomBytes(32);
    const labels = ["mac", "data", "meta", "successor", "csrf", "throttle", "index"] as const;
    const all = [master, ...labels.map((label) => deriveKey(master, label))];
    expect(new Set(all.map((key) => key.toString("hex"))).size).toBe(8);
  });

  it("are not shown by inspecting, spreading, serialising or cloning", () => {
    const keys = deriveKeys(3, "current", randomBytes(32));
    expect(inspect(keys, { depth: 9, showHidden: true })).toBe(
      "DerivedKeys { number: 3, state: current }",
    );
    const shown = { number: 3, state: "current" };
    expect({ ...keys }).toEqual(shown);
    expect(JSON.parse(JSON.stringify(keys))).toEqual(shown);
    expect(structuredClone(keys)).toEqual(shown);
    expect(Reflect.ownKeys(keys)).toEqual(["number", "state"]);
  });
});
