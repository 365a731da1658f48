/** The packed part of a row, in both directions. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sampleRecord } from "../testing/index.ts";
import { packSecrets, recordOf, type SessionRow } from "./sqlite-row.ts";
import type { RetiredSecret, SessionRecord } from "./store.ts";

const instant = fc.nat(2 ** 48 - 1);
const bytes = (constraints: fc.IntArrayConstraints) =>
  fc.uint8Array(constraints).map((array) => Buffer.from(array));
const retired: fc.Arbitrary<RetiredSecret> = fc.record({
  hash: bytes({ minLength: 32, maxLength: 32 }),
  kind: fc.constantFrom("graceful", "dead"),
  retiredAt: instant,
  until: fc.option(instant),
});
const secrets = fc.record({
  secretHash: bytes({ minLength: 32, maxLength: 32 }),
  confirmedAt: fc.option(instant),
  presentedAt: fc.option(instant),
  writeIds: fc.array(
    bytes({ minLength: 8, maxLength: 8 }).map((id) => id.toString("hex")),
    { maxLength: 16 },
  ),
  retired: fc.array(retired, { maxLength: 4 }),
  successor: fc.option(bytes({ maxLength: 255 })),
});

/** The record as a row whose client spells integers as `bigint` and BLOBs as it likes. */
function rowOf(record: SessionRecord, blobOf: (blob: Uint8Array) => Uint8Array | ArrayBuffer) {
  const row: SessionRow = {
    version: BigInt(record.version),
    idleExpiresAt: BigInt(record.idleExpiresAt),
    absoluteExpiresAt: BigInt(record.absoluteExpiresAt),
    createdAt: BigInt(record.createdAt),
    format: BigInt(record.format),
    flags: BigInt(record.flags),
    handle: record.handle,
    subject: record.subjectKey,
    secrets: blobOf(packSecrets(record)),
    meta: blobOf(record.meta),
    data: blobOf(record.data),
  };
  return row;
}

describe("a row of the SQLite store", () => {
  it("gives back everything that was packed", () => {
    fc.assert(
      fc.property(secrets, (packed) => {
        const record = sampleRecord(packed);
        expect(recordOf(rowOf(record, (blob) => Buffer.from(blob)))).toEqual({
          ...record,
          meta: Buffer.from(record.meta),
          data: Buffer.from(record.data),
        });
      }),
    );
  });

  it("reads an ArrayBuffer and bigints as the client returns them", () => {
    const record = sampleRecord({ secretHash: Buffer.alloc(32, 7), successor: Buffer.of(1, 2) });
    const read = recordOf(rowOf(record, (blob) => Uint8Array.from(blob).buffer));
    expect(read).toEqual(record);
  });

  it("refuses a hash or a write id of the wrong length instead of storing something else", () => {
    const hash = new Uint8Array(31);
    const secret: RetiredSecret = { hash, kind: "dead", retiredAt: 1, until: 1 };
    expect(() => packSecrets(sampleRecord({ retired: [secret] }))).toThrow(RangeError);
    expect(() => packSecrets(sampleRecord({ secretHash: hash }))).toThrow(RangeError);
    expect(() => packSecrets(sampleRecord({ writeIds: ["0123"] }))).toThrow(RangeError);
  });

  it("keeps its layout", () => {
    const packed = packSecrets(
      sampleRecord({
        secretHash: new Uint8Array(32).fill(0xbb),
        confirmedAt: 7,
        presentedAt: null,
        writeIds: ["0011223344556677"],
        retired: [
          { hash: new Uint8Array(32).fill(0xaa), kind: "graceful", retiredAt: 0x010203, until: 5 },
        ],
        successor: Uint8Array.of(0xee, 0xff),
      }),
    );
    const parts = [
      "010103",
      "000000000007",
      "000000000000",
      "bb".repeat(32),
      "0011223344556677",
      "03",
      "000000010203",
      "000000000005",
      "aa".repeat(32),
      "eeff",
    ];
    expect(Buffer.from(packed).toString("hex")).toBe(parts.join(""));
  });
});
