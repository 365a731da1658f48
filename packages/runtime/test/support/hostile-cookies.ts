/**
 * A seeded stream of hostile `Cookie` headers: made up, cut short, flipped, signed with another key,
 * under another name, doubled, oversized, in other scripts, and dressed up as other headers.
 * @module
 */
import { createHash } from "node:crypto";
import { newSeries, writeToken } from "../../src/crypto/token.ts";
import { testBytes, testKeyring } from "./engine.ts";

export interface HostileCookie {
  /** What was done to it, for the message of a failure. */
  readonly kind: string;
  /** The whole `Cookie` header. Only bytes that HTTP can carry if `isSendable`. */
  readonly header: string;
  readonly isSendable: boolean;
}

/** What the attacker works with: a real token of somebody, in a cookie of this name. */
export interface HostileSource {
  readonly name: string;
  readonly token: string;
}

/** Numbers that are the same in every run: SHA-256 over a seed and a counter, 4 bytes each. */
function numbersFrom(seed: number): (below: number) => number {
  let counter = 0;
  let block = Buffer.alloc(0);
  return (below) => {
    if (block.length < 4) block = createHash("sha256").update(`${seed}/${counter++}`).digest();
    const drawn = block.readUInt32BE(0);
    block = block.subarray(4);
    return drawn % below;
  };
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const ODD_CHARACTERS = [
  "\u00c5",
  "\u2603",
  "\u{1f600}",
  "\ud800",
  "\u202e",
  "\ufeff",
  "\u0130",
  "\u212a",
];
const INJECTIONS = [
  "\r\nSet-Cookie: __Host-sid=x",
  "\nX-Injected: 1",
  "\0",
  "%0d%0aSet-Cookie:%20a=b",
  "; Path=/; Domain=.test",
  "', '1'='1",
  "%24%7Bjndi:ldap://x%7D",
  "../../../etc/passwd",
  "<script>alert(1)</script>",
  "$gt",
  "__proto__",
  "*\r\n$4\r\nFLUSHALL",
];

/**
 * @param seed The same seed gives the same cookies.
 * @returns An endless stream; none of them is the source's token under its own name.
 */
export function* hostileCookies(
  seed: number,
  { name, token }: HostileSource,
): Generator<HostileCookie, never> {
  const below = numbersFrom(seed);
  const pick = <T>(list: readonly T[] | string): T => list[below(list.length)] as T;
  const text = (length: number) => Array.from({ length }, () => pick<string>(ALPHABET)).join("");
  const own = Buffer.from(token, "base64url");
  const strangers = testKeyring([[0, "current", "a stranger's key"]]).current;
  const flip = (): string => {
    const bytes = Buffer.from(own);
    for (let times = 1 + below(3); times > 0; times--) {
      const bit = below(bytes.length * 8);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    }
    // Two flips of one bit would give the token back.
    if (bytes.equals(own)) bytes[68] = (bytes[68] as number) ^ 1;
    return bytes.toString("base64url");
  };

  const makers: Readonly<Record<string, () => string>> = {
    "made up": () => `${name}=${text(92)}`,
    "another length": () => `${name}=${text(below(200))}`,
    empty: () => `${name}=`,
    "cut short": () => `${name}=${token.slice(0, below(token.length))}`,
    "cut at the front": () => `${name}=${token.slice(1 + below(token.length - 1))}`,
    "made longer": () => `${name}=${token}${text(1 + below(8))}`,
    "bits flipped": () => `${name}=${flip()}`,
    "one character changed": () => {
      const at = below(token.length);
      const other = pick<string>(ALPHABET.replace(token[at] as string, ""));
      return `${name}=${token.slice(0, at)}${other}${token.slice(at + 1)}`;
    },
    "signed with another key": () => {
      const secret = testBytes(`secret ${below(2 ** 31)}`);
      return `${name}=${writeToken(newSeries("00ff"), secret, strangers, name)}`;
    },
    "the real series, signed with another key": () => {
      const series = { bucket: own.toString("hex", 1, 3), series: own.subarray(3, 21) };
      return `${name}=${writeToken(series, own.subarray(21, 53), strangers, name)}`;
    },
    "another format or key number": () => {
      const bytes = Buffer.from(own);
      bytes[0] = (bytes[0] as number) ^ (1 + below(255));
      return `${name}=${bytes.toString("base64url")}`;
    },
    "under another name": () =>
      `${pick([`${name}-anon`, `${name}x`, `x${name}`, name.toLowerCase(), name.toUpperCase(), "sid"])}=${token}`,
    "in the other alphabet": () => `${name}=${own.toString("base64")}==`,
    "in hex": () => `${name}=${own.toString("hex")}`,
    "percent-encoded": () =>
      `${name}=%${Buffer.from(token).toString("hex").match(/../g)?.join("%")}`,
    "blanks within": () => `${name}=${token.slice(0, 46)} ${token.slice(46)}`,
    "a dozen planted": () =>
      Array.from({ length: 12 }, () => `${name}=${text(92)}`).join(pick(["; ", ";", " ; "])),
    "separators only": () =>
      pick([";", "; ; ;", "=", `${name}`, `${name};`, `=${token}`, `;=${name}`]),
    oversized: () => `${name}=${text(100).repeat(20 + below(20))}`,
    "many other cookies": () =>
      `${Array.from({ length: 100 }, (_, n) => `c${n}=${text(4)}`).join("; ")}; ${name}=${text(92)}`,
    "dressed up": () => `${name}=${token.slice(0, below(92))}${pick(INJECTIONS)}`,
    "an injection alone": () => `${name}=${pick(INJECTIONS)}`,
    "another script": () => {
      const at = below(token.length);
      return `${name}=${token.slice(0, at)}${pick(ODD_CHARACTERS)}${token.slice(at + 1)}`;
    },
    "raw bytes": () =>
      `${name}=${Array.from({ length: below(120) }, () => String.fromCharCode(below(256))).join("")}`,
    "quoted nonsense": () => `${name}="${text(90)}`,
  };
  const kinds = Object.keys(makers);
  for (;;) {
    const kind = pick(kinds);
    const header = (makers[kind] as () => string)();
    yield { kind, header, isSendable: /^[\t\x20-\x7e\x80-\xff]*$/.test(header) };
  }
}
