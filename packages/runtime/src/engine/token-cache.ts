/**
 * Remembers which tokens verified, by their hash, so that the token of every next request costs one hash.
 * Only tokens of ours are remembered: made-up ones cannot fill it. No token stays in memory.
 * @module
 */
import { hash } from "node:crypto";
import type { DerivedKeys } from "../crypto/keyring.ts";
import type { Token } from "../crypto/token.ts";
import { secretHashOf, storeKeyOf, verifyToken } from "../crypto/token.ts";
import type { StoreKey } from "../stores/store.ts";

/** What a token that verified leads to. */
export interface VerifiedToken {
  readonly key: StoreKey;
  readonly secretHash: Buffer;
}

export interface TokenCache {
  /** What the token leads to, or `undefined` if `keys` did not mint it for a cookie of this name. */
  verify(
    token: Token,
    text: string,
    keys: DerivedKeys,
    cookieName: string,
  ): VerifiedToken | undefined;
}

const MAX_ENTRIES = 10_000;

export function createTokenCache(): TokenCache {
  const entries = new Map<string, VerifiedToken & { readonly keys: DerivedKeys }>();
  return {
    verify(token, text, keys, cookieName) {
      const name = hash("sha256", `${cookieName}=${text}`, "base64");
      const known = entries.get(name);
      // The ring may have changed: other keys, other verdict.
      if (known !== undefined && known.keys === keys) return known;
      if (!verifyToken(token, keys, cookieName)) return undefined;
      if (entries.size >= MAX_ENTRIES) {
        const [oldest = ""] = entries.keys();
        entries.delete(oldest);
      }
      const verified = { key: storeKeyOf(token), secretHash: secretHashOf(token.secret), keys };
      entries.set(name, verified);
      return verified;
    },
  };
}
