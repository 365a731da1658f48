/** The bytes of a value in Redis, and that the offsets in the scripts are those of the layout. */
import { describe, expect, it } from "vitest";
import { sampleRecord, sampleSession, sampleSubject } from "../testing/index.ts";
import { bucketOf, numberBytes, recordIn, redisNames } from "./redis-value.ts";
import { packValue } from "./store-bytes.ts";

const record = sampleRecord({
  version: 0x0102030405,
  idleExpiresAt: 0x018bcfe56800,
  absoluteExpiresAt: 0x018bd2789400,
  subjectKey: sampleSubject(0xa11c),
});

describe("a value in Redis", () => {
  it("has the layout that is drawn beside it", () => {
    const value = packValue(record);
    expect(value.toString("hex", 0, 13)).toBe("01000102030405018bcfe56800");
    expect(value[13], "layout of the packed record").toBe(1);
  });

  it("has what the scripts read where they read it", () => {
    const value = packValue(record);
    expect((value[17] ?? 0) & 1).toBe(1);
    expect(value.readUIntBE(32, 6)).toBe(record.absoluteExpiresAt);
    expect(value.toString("base64url", 50, 65)).toBe(record.handle);
    expect(value.toString("hex", 97, 129)).toBe(record.subjectKey);
    expect((packValue({ ...record, subjectKey: null })[17] ?? 1) & 1).toBe(0);
  });

  it("comes back as it went in", () => {
    const back = recordIn(packValue(record));
    expect({ ...back, secretHash: Buffer.from(back?.secretHash ?? "") }).toMatchObject({
      version: record.version,
      idleExpiresAt: record.idleExpiresAt,
      handle: record.handle,
      subjectKey: record.subjectKey,
      secretHash: Buffer.from(record.secretHash),
    });
    expect(recordIn(null)).toBeUndefined();
  });

  for (const [what, bytes] of [
    ["no bytes", Buffer.alloc(0)],
    ["another layout", Buffer.concat([Buffer.of(2), packValue(record).subarray(1)])],
    ["a record cut short", packValue(record).subarray(0, 60)],
    ["another layout of the record", Buffer.alloc(200, 1).fill(9, 13, 14)],
  ] as const) {
    it(`is refused with ${what}`, () => {
      expect(() => recordIn(bytes)).toThrow(expect.objectContaining({ code: "HOLDFAST_STORE" }));
    });
  }

  it("has numbers of six bytes, one after the other", () => {
    expect(numberBytes(1, 0x018bcfe56800).toString("hex")).toBe("000000000001018bcfe56800");
    expect(() => numberBytes(2 ** 48)).toThrow(RangeError);
  });
});

describe("the names of keys in Redis", () => {
  const names = redisNames("app:");
  const { key } = sampleSession(7, { subjectKey: sampleSubject(0xa11c) });
  const rest = key.slice(4);

  it("put a session and what belongs to its subject into one slot", () => {
    const subject = sampleSubject(0xa11c);
    expect(bucketOf(key)).toBe("a11c");
    expect(names.session(key)).toBe(`app:{a11c}s:${rest}`);
    expect(names.index(subject)).toBe(`app:{a11c}u:${subject}`);
    expect(names.checkpoint(subject)).toBe(`app:{a11c}c:${subject}`);
    expect(names.sessionsOf("a11c") + rest).toBe(names.session(key));
  });

  it("are read back, and nobody else's are", () => {
    expect(names.storeKeyOf(names.session(key))).toBe(key);
    for (const name of [
      names.index(sampleSubject(1)),
      `app:{a11c}s:${rest.slice(1)}`,
      `app:{a11c}s:${rest}0`,
      `app:{A11C}s:${rest}`,
    ]) {
      expect(names.storeKeyOf(name), name).toBeUndefined();
    }
  });
});
