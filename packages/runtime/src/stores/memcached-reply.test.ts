/** The reader of Memcached's replies: whatever the network cut, and whatever a value looks like. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flagOf, type MemcachedReply, replyReader } from "./memcached-reply.ts";

const word = fc.stringMatching(/^[A-Za-z0-9=_:.-]{1,20}$/).filter((text) => text !== "VA");
const words = fc.array(word, { minLength: 1, maxLength: 5 });
/** Bytes that look like replies are the ones a reader may stumble over. */
const value = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .constantFrom("", "\r\n", "EN\r\n", "VA 3\r\nabc\r\n", "END\r")
    .map((text) => Buffer.from(text)),
);

interface Sent {
  readonly bytes: Buffer;
  readonly reply: { readonly words: readonly string[]; readonly value: string | undefined };
}

const line: fc.Arbitrary<Sent> = fc
  .tuple(words, fc.constantFrom("\r\n", "\n"))
  .map(([said, end]) => ({
    bytes: Buffer.from(said.join(" ") + end),
    reply: { words: said, value: undefined },
  }));
const withValue: fc.Arbitrary<Sent> = fc.tuple(value, words).map(([bytes, flags]) => {
  const said = ["VA", String(bytes.length), ...flags];
  return {
    bytes: Buffer.concat([Buffer.from(`${said.join(" ")}\r\n`), bytes, Buffer.from("\r\n")]),
    reply: { words: said, value: Buffer.from(bytes).toString("hex") },
  };
});

const comparable = ({ words: said, value: bytes }: MemcachedReply) => ({
  words: said,
  value: bytes?.toString("hex"),
});

describe("the reader of replies", () => {
  it("reads the same replies wherever the bytes are cut", () => {
    const property = fc.property(
      fc.array(fc.oneof(line, withValue), { maxLength: 8 }),
      fc.array(fc.nat(2000), { maxLength: 12 }),
      (sent, cuts) => {
        const bytes = Buffer.concat(sent.map((one) => one.bytes));
        const at = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length].sort(
          (a, b) => a - b,
        );
        const read = replyReader();
        const replies = at.flatMap((from, n) => read(bytes.subarray(from, at[n + 1] ?? from)));
        expect(replies.map(comparable)).toEqual(sent.map(({ reply }) => reply));
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it("reads byte by byte what it reads at once", () => {
    const bytes = Buffer.from("HD O1\r\nVA 4 c7 O2\r\n\r\n\r\n\r\nEN\r\nkey=a exp=1\nEND\r\n");
    const read = replyReader();
    const replies = [...bytes].flatMap((byte) => read(Buffer.of(byte)));
    expect(replies).toEqual(replyReader()(bytes));
    expect(replies.map(({ code }) => code)).toEqual(["HD", "VA", "EN", "key=a", "END"]);
  });

  it("answers a reply as soon as its last byte is there", () => {
    const read = replyReader();
    expect(read(Buffer.from("VA 3\r\nabc\r"))).toEqual([]);
    expect(read(Buffer.from("\nE")).map(({ value: bytes }) => bytes?.toString())).toEqual(["abc"]);
    expect(read(Buffer.from("N\r"))).toEqual([]);
    expect(read(Buffer.from("\n")).map(({ code }) => code)).toEqual(["EN"]);
  });

  for (const [what, text] of [
    ["a value without its size", "VA\r\n"],
    ["a size that is no number", "VA 1e3\r\n"],
    ["a negative size", "VA -1\r\n"],
    ["a size beyond any item", "VA 1073741825\r\n"],
    ["a value that goes on where it should end", "VA 3\r\nabcdef"],
    ["a line without an end", "x".repeat(2049)],
    ["a long line with an end", `${"x".repeat(2049)}\r\n`],
    ["bytes of TLS", `\x16\x03\x01${"\x00".repeat(2100)}`],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => replyReader()(Buffer.from(text, "latin1"))).toThrow(
        expect.objectContaining({ code: "HOLDFAST_STORE" }),
      );
    });
  }

  it("finds a flag by its letter, and takes no size for one", () => {
    const [first, second] = replyReader()(Buffer.from("VA 5 c17 O3 k\r\nabcde\r\nHD O4\r\n"));
    expect([flagOf(first as MemcachedReply, "c"), flagOf(first as MemcachedReply, "O")]).toEqual([
      "17",
      "3",
    ]);
    expect(flagOf(first as MemcachedReply, "5")).toBeUndefined();
    expect(flagOf(first as MemcachedReply, "k")).toBe("");
    expect(flagOf(second as MemcachedReply, "O")).toBe("4");
    expect(flagOf(second as MemcachedReply, "c")).toBeUndefined();
  });
});
