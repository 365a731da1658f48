/**
 * Looks for a secret in bytes: as it is, and in the spellings that somebody might have stored it in.
 * @module
 */

/** @returns The spellings in which the secret is found; none is the hope. */
export function spellingsFound(haystack: Buffer, secret: Buffer): readonly string[] {
  return Object.entries(spellings(secret))
    .filter(([, needles]) => needles.some((needle) => haystack.includes(needle)))
    .map(([name]) => name);
}

function spellings(secret: Buffer): Readonly<Record<string, readonly Buffer[]>> {
  const hex = secret.toString("hex");
  return {
    bytes: [secret],
    hex: [Buffer.from(hex), Buffer.from(hex.toUpperCase())],
    base64: inBase64(secret, "base64"),
    base64url: inBase64(secret, "base64url"),
    "UTF-16": [Buffer.from(secret.toString("latin1"), "utf16le")],
  };
}

/** Within a longer text the secret may begin at any of three places of a group: the whole groups of each. */
function inBase64(secret: Buffer, encoding: "base64" | "base64url"): readonly Buffer[] {
  return [0, 1, 2].map((skip) => {
    const rest = secret.subarray(skip);
    return Buffer.from(rest.subarray(0, rest.length - (rest.length % 3)).toString(encoding));
  });
}
