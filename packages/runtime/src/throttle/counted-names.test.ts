/**
 * One spelling of accounts and addresses, and keys that tell neither.
 * @module
 */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countedAddress, counterKey, normalizedAccount } from "./counted-names.ts";

describe("normalizedAccount", () => {
  const pairs = [
    ["case", "Alice@Example.COM", "alice@example.com"],
    ["surrounding blanks", "\t alice \u00a0", "alice"],
    ["full-width letters", "ａｌｉｃｅ", "alice"],
    ["a ligature", "ﬁona", "fiona"],
    ["composed and combining marks", "jose\u0301", "jos\u00e9"],
    ["sharp s", "STRASSE", "straße"],
    ["both small sigmas", "ΟΔΟΣ", "οδος"],
    ["the Kelvin sign", "\u212Aelvin", "kelvin"],
  ] as const;
  for (const [what, one, other] of pairs) {
    it(`has one spelling whatever the ${what}`, () => {
      expect(normalizedAccount(one)).toBe(normalizedAccount(other));
    });
  }

  it("leaves different names different", () => {
    const names = ["alice", "alice1", "al ice", "alicé", "", "bob"];
    expect(new Set(names.map(normalizedAccount)).size).toBe(names.length);
  });

  it("takes any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3000 }), (text) => {
        expect(typeof normalizedAccount(text)).toBe("string");
        expect(normalizedAccount(` ${text.trim()} `.slice(0, 1024))).toBe(
          normalizedAccount(text.trim().slice(0, 1022)),
        );
      }),
    );
  });
});

describe("countedAddress", () => {
  const counted = [
    ["192.0.2.1", "192.0.2.1"],
    [" 192.0.2.1 ", "192.0.2.1"],
    ["192.0.2.1:4711", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:0201", "192.0.2.1"],
    ["[::ffff:192.0.2.1]:4711", "192.0.2.1"],
    ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2:0:0:0:0/64"],
    ["2001:DB8:1:2::", "2001:db8:1:2:0:0:0:0/64"],
    ["2001:0db8:0001:0002:ffff::1", "2001:db8:1:2:0:0:0:0/64"],
    ["[2001:db8:1:2::7]:443", "2001:db8:1:2:0:0:0:0/64"],
    ["fe80::1%eth0", "fe80:0:0:0:0:0:0:0/64"],
    ["::1", "0:0:0:0:0:0:0:0/64"],
    ["::", "0:0:0:0:0:0:0:0/64"],
    ["2001:db8::1:2:3:4:5:6:7", "2001:db8::1:2:3:4:5:6:7"],
    ["unix:", "unix:"],
    ["", ""],
  ] as const;
  for (const [address, as] of counted) {
    it(`counts ${JSON.stringify(address)} as ${JSON.stringify(as)}`, () => {
      expect(countedAddress(address, 64)).toBe(as);
    });
  }

  it("keeps as many bits of IPv6 as it is told", () => {
    const address = "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff";
    expect(countedAddress(address, 128)).toBe(`${address}/128`);
    expect(countedAddress(address, 56)).toBe("2001:db8:ffff:ff00:0:0:0:0/56");
    expect(countedAddress(address, 33)).toBe("2001:db8:8000:0:0:0:0:0/33");
    expect(countedAddress(address, 32)).toBe("2001:db8:0:0:0:0:0:0/32");
  });

  it("counts every spelling of an address as one, and another network as another", () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, group, (address, other) => {
        fc.pre(address.slice(0, 5).some((each) => each !== 0));
        const plain = address.map((each) => each.toString(16)).join(":");
        const padded = address.map((each) => each.toString(16).padStart(4, "0")).join(":");
        const short = new URL(`http://[${plain}]/`).hostname;
        const as = countedAddress(plain, 64);
        expect(countedAddress(padded.toUpperCase(), 64)).toBe(as);
        expect(countedAddress(short, 64)).toBe(as);
        const neighbour = [...address.slice(0, 7), other].map((each) => each.toString(16));
        expect(countedAddress(neighbour.join(":"), 64)).toBe(as);
        const elsewhere = [((address[0] as number) + 1) & 0xffff, ...address.slice(1)];
        expect(countedAddress(elsewhere.map((each) => each.toString(16)).join(":"), 64)).not.toBe(
          as,
        );
      }),
    );
  });

  it("takes any text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 100 }),
      fc.stringMatching(/^[\da-f:.%[\]]{0,50}$/),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 32, max: 128 }), (address, bits) => {
        expect(typeof countedAddress(address, bits)).toBe("string");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("counterKey", () => {
  const key = Buffer.alloc(32, 7);

  it("is 128 bits that only the keyring leads to", () => {
    expect(counterKey(key, "account", "alice")).toMatch(/^[\w-]{22}$/);
    expect(counterKey(key, "account", "alice")).toBe(counterKey(key, "account", "alice"));
    expect(counterKey(Buffer.alloc(32, 8), "account", "alice")).not.toBe(
      counterKey(key, "account", "alice"),
    );
  });

  it("differs for names that are divided in another way", () => {
    const divided = [["a b"], ["a", "b"], ["a b", ""], ["a", " b"], ["a ", "b"]];
    expect(new Set(divided.map((names) => counterKey(key, "account", ...names))).size).toBe(5);
  });

  it("differs for different names and kinds", () => {
    const names = fc.array(fc.string({ maxLength: 8 }), { maxLength: 3 });
    fc.assert(
      fc.property(names, names, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(counterKey(key, "account", ...one)).not.toBe(counterKey(key, "account", ...other));
        expect(counterKey(key, "account", ...one)).not.toBe(counterKey(key, "address", ...one));
      }),
    );
  });
});
