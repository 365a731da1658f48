/**
 * The runtime's own cryptography, by file: an attacker who has the keys has the source as well. The only
 * place in this workspace that looks behind the public subpaths.
 * @module
 */

/** The fields of a record that a box is bound to. */
export interface BoxContext {
  readonly storeKey: string;
  readonly handle: string;
  readonly subjectKey: string | null;
  readonly createdAt: number;
  readonly absoluteExpiresAt: number;
}

/** The part of a keyring that opening a box asks for. */
export interface OpeningRing {
  find(number: number): Readonly<Record<string, unknown>>;
}

export interface Internals {
  /** The plaintext, or the name of a fault. */
  openBox(
    purpose: "data" | "meta" | "successor",
    ring: OpeningRing,
    owner: Uint8Array | string,
    context: BoxContext,
    box: Uint8Array,
  ): Buffer | string;
  deriveKey(master: Uint8Array, label: string): Buffer;
  /** The parts of a token. */
  readToken(text: string): { readonly series: Buffer; readonly secret: Buffer } | undefined;
  parseKeyFile(text: string, name: string): KeyFile;
}

interface KeyFile {
  readonly keys: readonly { readonly bytes?: Uint8Array | undefined }[];
  readonly index: readonly { readonly bytes: Uint8Array }[];
}

export async function loadInternals(): Promise<Internals> {
  const load = (file: string) => import(new URL(file, import.meta.resolve("holdfast")).href);
  const [box, derive, token, keyFile] = await Promise.all([
    load("crypto/box.js"),
    load("crypto/derive.js"),
    load("crypto/token.js"),
    load("crypto/key-file.js"),
  ]);
  return {
    openBox: box.openBox,
    deriveKey: derive.deriveKey,
    readToken: token.readToken,
    parseKeyFile: keyFile.parseKeyFile,
  };
}
