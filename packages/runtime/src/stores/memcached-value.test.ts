/** The bytes of a value in Memcached, and when the server is told to drop it. */
import { describe, expect, it } from "vitest";
import { sampleRecord, sampleSubject } from "../testing/index.ts";
import { expiryOf, withIdle } from "./memcached-value.ts";
import { packValue, unpackValue, valueState } from "./store-bytes.ts";

const record = sampleRecord({
  version: 0x0102030405,
  idleExpiresAt: 0x018bcfe56800,
  absoluteExpiresAt: 0x018bd2789400,
  subjectKey: sampleSubject(0xa11c),
});

describe("a value in Memcached", () => {
  it("has the layout that is drawn beside it", () => {
    const value = packValue(record);
    expect(value.toString("hex", 0, 13)).toBe("01000102030405018bcfe56800");
    expect(value[13], "layout of the packed record").toBe(1);
    expect(value.readUIntBE(32, 6)).toBe(record.absoluteExpiresAt);
  });

  it("comes back as it went in", () => {
    const back = unpackValue(packValue(record));
    expect({ ...back, secretHash: [...back.secretHash] }).toMatchObject({
      version: record.version,
      idleExpiresAt: record.idleExpiresAt,
      absoluteExpiresAt: record.absoluteExpiresAt,
      handle: record.handle,
      subjectKey: record.subjectKey,
      secretHash: [...record.secretHash],
    });
  });

  it("is copied with another idle deadline, and nothing else", () => {
    const value = packValue(record);
    const later = withIdle(value, record.idleExpiresAt + 1);
    expect(later).toEqual(packValue({ ...record, idleExpiresAt: record.idleExpiresAt + 1 }));
    expect(value).toEqual(packValue(record));
    expect(valueState(later)).toEqual({ version: record.version, idleExpiresAt: 0x018bcfe56801 });
  });

  for (const [what, bytes] of [
    ["no bytes", Buffer.alloc(0)],
    ["another layout", Buffer.concat([Buffer.of(2), packValue(record).subarray(1)])],
    ["a record cut short", packValue(record).subarray(0, 60)],
    ["no more than a head", packValue(record).subarray(0, 13)],
    ["another layout of the record", Buffer.alloc(200, 1).fill(9, 13, 14)],
  ] as const) {
    it(`is refused with ${what}`, () => {
      expect(() => unpackValue(bytes)).toThrow(expect.objectContaining({ code: "HOLDFAST_STORE" }));
    });
  }

  it("is kept for 300 seconds beyond the deadline that comes first", () => {
    const at = (idleExpiresAt: number, absoluteExpiresAt: number) =>
      expiryOf(packValue(sampleRecord({ idleExpiresAt, absoluteExpiresAt })));
    expect(at(1_900_000_000_000, 1_900_000_060_000)).toBe(1_900_000_300);
    expect(at(1_900_000_060_000, 1_900_000_000_000)).toBe(1_900_000_300);
    expect(at(1_900_000_000_001, 1_900_000_060_000)).toBe(1_900_000_301);
  });

  it("never expires at what the server would count from now", () => {
    const expiry = expiryOf(packValue(sampleRecord({ idleExpiresAt: 2, absoluteExpiresAt: 3 })));
    expect(expiry).toBe(30 * 86_400 + 1);
  });
});
