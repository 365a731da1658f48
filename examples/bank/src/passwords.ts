/**
 * Passwords as Argon2id hashes (OWASP Password Storage: 19 MiB, two passes, one lane).
 * @module
 */
import { randomBytes } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";

/** Characters. @see NIST SP 800-63B-4 3.1.1.2 */
export const MIN_PASSWORD_LENGTH = 15;
/** Longer input would only cost us time. */
export const MAX_PASSWORD_LENGTH = 200;

// Algorithm 2 is Argon2id; the package's constant enum cannot be imported by name here.
const cost = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export function hashPassword(password: string): Promise<string> {
  return hash(password, cost);
}

/** A hash that no password matches, and that takes as long to try as any other. */
const nobodysHash = hashPassword(randomBytes(32).toString("base64"));

/**
 * @param passwordHash `undefined` for a customer who does not exist: answers `false`, no sooner than
 *   for a wrong password, so that the time tells nobody who banks here (CWE-208).
 */
export async function passwordMatches(
  passwordHash: string | undefined,
  password: string,
): Promise<boolean> {
  const matches = await verify(passwordHash ?? (await nobodysHash), password);
  return matches && passwordHash !== undefined;
}
