/**
 * The proofs at a small size. Each can fail: its own checks are turned against made-up evidence where
 * that is possible, and the counts say that something was looked at.
 * @module
 */
import { describe, expect, it } from "vitest";
import { spellingsFound } from "../src/prove/byte-search.ts";
import { proveFiles } from "../src/prove/files.ts";
import { proveKill } from "../src/prove/kill.ts";
import { proveRolling } from "../src/prove/rolling.ts";
import { proveSweep } from "../src/prove/sweep.ts";

describe("proofs", () => {
  it("sweep: removes what is expired and nothing else, and reports the event loop's delay", async () => {
    // Other tests share this process's cores: how long the delay may be is for the full size to say.
    const proof = await proveSweep({ expired: 1000, alive: 50, allowedMilliseconds: 1000 });
    expect(proof.faults).toEqual([]);
    expect(proof.figures).toMatchObject({ swept: 1000, alive: 50 });
    expect(Number(proof.figures["delay while sweeping, p99.9, ms"])).toBeGreaterThan(0);
  }, 60_000);

  it("files: a copy of database and keys shows no secret and opens no data box", async () => {
    const proof = await proveFiles({ users: 3 });
    expect(proof.faults).toEqual([]);
    expect(proof.figures).toMatchObject({ "data boxes": 6 });
  }, 60_000);

  it("files: the search finds a secret in each spelling, at any place of a base64 group", () => {
    const secret = Buffer.from("a secret of eighteen and more");
    const hidden = (text: string | Buffer) => Buffer.concat([Buffer.from("??"), Buffer.from(text)]);
    expect(spellingsFound(hidden(secret), secret)).toEqual(["bytes"]);
    expect(spellingsFound(hidden(secret.toString("hex")), secret)).toEqual(["hex"]);
    expect(spellingsFound(hidden(Buffer.from(secret.toString(), "utf16le")), secret)).toEqual([
      "UTF-16",
    ]);
    for (const before of ["", "x", "xy", "xyz"]) {
      const text = Buffer.concat([Buffer.from(before), secret, Buffer.from("end")]);
      expect(spellingsFound(hidden(text.toString("base64")), secret)).toContain("base64");
    }
    expect(spellingsFound(hidden("nothing of the kind"), secret)).toEqual([]);
  });
});

describe("proofs, in server processes", () => {
  it("kill: a killed server keeps what it confirmed, and brings nothing back", async () => {
    const proof = await proveKill({ times: 3, seed: 5 });
    expect(proof.faults).toEqual([]);
    expect(Number(proof.figures["answers confirmed"])).toBeGreaterThan(10);
    expect(Number(proof.figures["sessions checked"])).toBeGreaterThan(10);
  }, 60_000);

  it("rolling: two releases on one file and one ring of keys sign nobody out", async () => {
    const proof = await proveRolling({ users: 2 });
    expect(proof.faults).toEqual([]);
    expect(proof.figures.checks).toBe(36);
  }, 60_000);
});
