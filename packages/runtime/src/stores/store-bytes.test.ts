/** Packed records, in both directions. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleRecord } from "../testing/index.ts";
import type { RetiredSecret, SessionRecord } from "./store.ts";
import { packRecord, unpackRecord } from "./store-bytes.ts";

const instant = fc.nat(2 ** 48 - 1);
const bytes = (constraints: fc.IntArrayConstraints) =>
  fc.uint8Array(constraints).map((array) => Buffer.from(array));
const retired: fc.Arbitrary<RetiredSecret> = fc.record({
  hash: bytes({ minLength: 32, maxLength: 32 }),
  kind: fc.constantFrom("graceful", "dead"),
  retiredAt: instant,
  until: fc.option(instant),
});
const hex = (length: number) =>
  bytes({ minLength: length, maxLength: length }).map((id) => id.toString("hex"));
const records: fc.Arbitrary<SessionRecord> = fc.record({
  format: fc.nat(255),
  version: fc.nat(2 ** 48 - 1),
  handle: bytes({ minLength: 15, maxLength: 15 }).map((handle) => handle.toString("base64url")),
  subjectKey: fc.option(hex(32)),
  secretHash: bytes({ minLength: 32, maxLength: 32 }),
  confirmedAt: fc.option(instant),
  presentedAt: fc.option(instant),
  retired: fc.array(retired, { maxLength: 4 }),
  successor: fc.option(bytes({ maxLength: 255 })),
  createdAt: instant,
  absoluteExpiresAt: instant,
  idleExpiresAt: instant,
  flags: fc.nat(2 ** 16 - 1),
  writeIds: fc.array(hex(8), { maxLength: 16 }),
  meta: bytes({ maxLength: 300 }),
  data: bytes({ maxLength: 300 }),
});

describe("a packed record", () => {
  it("gives back everything that was packed", () => {
    fc.assert(
      fc.property(records, (record) => {
        const packed = packRecord(record);
        expect(unpackRecord(packed, record.version, record.idleExpiresAt)).toEqual(record);
      }),
    );
  });

  it("reads bytes that lie in the middle of others", () => {
    const record = sampleRecord({ subjectKey: "ab".repeat(32) });
    const packed = packRecord(record);
    const within = new Uint8Array(packed.length + 9).fill(0xff);
    within.set(packed, 4);
    const read = unpackRecord(within.subarray(4, 4 + packed.length), 1, record.idleExpiresAt);
    expect(packRecord(read).equals(packed)).toBe(true);
  });

  it("refuses what does not fit its place instead of storing something else", () => {
    const hash = new Uint8Array(31);
    const refused: Partial<SessionRecord>[] = [
      { retired: [{ hash, kind: "dead", retiredAt: 1, until: 1 }] },
      { secretHash: hash },
      { writeIds: ["0123"] },
      { writeIds: ["0123456789abcdef00"] },
      { writeIds: ["0123456789abcdeg"] },
      { handle: "short" },
      { handle: "sample-handle-0000000" },
      { subjectKey: "ab".repeat(31) },
      { flags: 2 ** 16 },
      { format: 256 },
      { createdAt: -1 },
    ];
    for (const fields of refused) {
      expect(() => packRecord(sampleRecord(fields)), JSON.stringify(fields)).toThrow(RangeError);
    }
  });

  it("says so when the bytes are not a record's, whatever is wrong with them", () => {
    const packed = packRecord(sampleRecord({ successor: Uint8Array.of(1, 2) }));
    const newer = Buffer.from(packed);
    newer[0] = 2;
    expect(() => unpackRecord(newer, 1, 1)).toThrow("layout");
    for (let length = 0; length < packed.length - sampleRecord().data.length; length += 1) {
      expect(() => unpackRecord(packed.subarray(0, length), 1, 1)).toThrow("layout");
    }
  });

  it("keeps its layout", () => {
    const packed = packRecord(
      sampleRecord({
        format: 1,
        handle: Buffer.alloc(15, 0xcc).toString("base64url"),
        subjectKey: "dd".repeat(32),
        secretHash: new Uint8Array(32).fill(0xbb),
        confirmedAt: 7,
        presentedAt: null,
        createdAt: 0x0a0b0c,
        absoluteExpiresAt: 0x0d0e0f,
        flags: 0x0103,
        writeIds: ["0011223344556677"],
        retired: [
          { hash: new Uint8Array(32).fill(0xaa), kind: "graceful", retiredAt: 0x010203, until: 5 },
        ],
        successor: Uint8Array.of(0xee, 0xff),
        meta: Uint8Array.of(1, 2, 3),
        data: Uint8Array.of(4, 5, 6, 7),
      }),
    );
    const parts = [
      "01010103",
      "070101",
      "0002",
      "00000003",
      "0000000a0b0c",
      "0000000d0e0f",
      "000000000007",
      "000000000000",
      "cc".repeat(15),
      "bb".repeat(32),
      "dd".repeat(32),
      "0011223344556677",
      "03",
      "000000010203",
      "000000000005",
      "aa".repeat(32),
      "eeff",
      "010203",
      "04050607",
    ];
    expect(Buffer.from(packed).toString("hex")).toBe(parts.join(""));
  });
});
