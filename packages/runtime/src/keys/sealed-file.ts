/**
 * Keys wrapped by a passphrase or a key that the caller holds: no service, nothing on the network. For
 * one machine whose secrets arrive by another way than the file.
 * @module
 */
import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  randomBytes,
  scrypt as scryptWithCallback,
} from "node:crypto";
import { promisify } from "node:util";
import type { Keyring } from "../crypto/keyring.ts";
import { optional, type Reader } from "../crypto/readers.ts";
import { keyWeakness } from "../crypto/weak-keys.ts";
import { SessionError } from "../errors.ts";
import {
  contextText,
  type KeyService,
  memberName,
  serviceError,
  type WrapContext,
} from "./key-service.ts";
import { checkedOptions, keyringMembers, type ServiceKeyringOptions } from "./keyring-options.ts";
import { passphraseFault } from "./sealed-file-passphrase.ts";
import { openKeyring } from "./wrapped-keyring.ts";

export type { KeyService } from "./key-service.ts";

/** Exactly one of the two. */
export type SealedFileOptions =
  /** At least 20 characters that nobody would guess: six random words, or `openssl rand -base64 24`. */
  | { readonly passphrase: string; readonly key?: undefined }
  /** 32 random bytes. */
  | { readonly key: Uint8Array; readonly passphrase?: undefined };

/** Options of {@link sealedFileKeyring}. */
export type SealedFileKeyringOptions = SealedFileOptions & ServiceKeyringOptions;

/*
 * What is kept of a wrapped key; the parts after the name of the function are its parameters:
 *   scrypt:<log2 N>:<r>:<p>:<salt>:<box>
 *   hkdf:<salt>:<box>
 * Salt and box are base64url. The box is a nonce of 96 random bits (NIST SP 800-38D 8.2.2), AES-256-GCM
 * ciphertext, and its 16-byte tag; everything before it, and the context, is associated data.
 */
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** 128 MiB and about half a second. @see OWASP Password Storage Cheat Sheet, scrypt; RFC 7914 2 */
const COST = { log2N: 17, r: 8, p: 1 };
/** Costs that are read. Whoever can write the file must not make a start take hours or all memory. */
const SCRYPT = /^scrypt:(1[5-9]|20):(8):([1-4]):([\w-]{22})$/;
const HKDF = /^hkdf:([\w-]{22})$/;
const HKDF_LABEL = "holdfast/1/sealed-file";

type Options = { readonly passphrase?: string | undefined; readonly key?: Uint8Array | undefined };

const passphrase: Reader<string> = (value, name, faults) => {
  const fault = typeof value === "string" ? passphraseFault(value) : "must be text";
  if (fault === undefined) return value as string;
  faults.push(`"${name}" ${fault}`);
  return undefined;
};

const key: Reader<Uint8Array> = (value, name, faults) => {
  const isBytes = value instanceof Uint8Array;
  const weakness = isBytes ? keyWeakness(value) : undefined;
  if (isBytes && weakness === undefined) return Uint8Array.from(value);
  faults.push(
    isBytes
      ? `"${name}" ${weakness}; \`openssl rand 32\` makes good ones`
      : `"${name}" must be a Uint8Array, not text; decode it first`,
  );
  return undefined;
};

const sealedFileMembers = { passphrase: optional(passphrase), key: optional(key) };

/**
 * Opens a key file that is sealed under a passphrase or a key.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` for an option that is missing, unknown, too weak or out of range;
 *   `HOLDFAST_KEYRING` if the file cannot be used, or does not open.
 */
export async function sealedFileKeyring(options: SealedFileKeyringOptions): Promise<Keyring> {
  const checked = checkedOptions<Options & ServiceKeyringOptions>(options, {
    ...keyringMembers,
    ...sealedFileMembers,
  });
  return openKeyring(createService(checked), checked);
}

/**
 * The service alone, for `holdfast keys --service MODULE`.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` for an option that is missing, unknown or too weak.
 */
export function sealedFileKeyService(options: SealedFileOptions): KeyService {
  return createService(checkedOptions<Options>(options, sealedFileMembers));
}

const scrypt = promisify(
  scryptWithCallback as (
    secret: string,
    salt: Buffer,
    length: number,
    options: { N: number; r: number; p: number; maxmem: number },
    callback: (error: Error | null, key: Buffer) => void,
  ) => void,
);

function createService({ passphrase: phrase, key: secret }: Options): KeyService {
  if ((phrase === undefined) === (secret === undefined)) {
    const fault = `one of "passphrase" and "key" must be there; is an environment variable missing?`;
    throw new SessionError("HOLDFAST_OPTION", fault, { faults: [fault] });
  }
  const names = { name: "sealed-file", key: phrase === undefined ? "key" : "passphrase" };
  /** Derived keys by their parameters: all of a file has the same, and deriving is slow on purpose. */
  const derived = new Map<string, Promise<Buffer>>();
  /** Parameters that are wrapped with: those of the file, where there is one. */
  let parameters: string | undefined;

  function derive(head: string): Promise<Buffer> {
    const known = derived.get(head);
    if (known !== undefined) return known;
    const made = deriveFrom(head);
    derived.set(head, made);
    made.catch(() => derived.delete(head)); // Told to whoever asked; out of memory now is not so for ever.
    return made;
  }

  async function deriveFrom(head: string): Promise<Buffer> {
    const [, log2N, r, p, salt = ""] = SCRYPT.exec(head) ?? [];
    if (phrase !== undefined && log2N !== undefined) {
      const N = 2 ** Number(log2N);
      const cost = { N, r: Number(r), p: Number(p), maxmem: 256 * N * Number(r) };
      // Two ways to type one character are one passphrase (RFC 8265 4.2.2).
      return scrypt(phrase.normalize("NFC"), Buffer.from(salt, "base64url"), KEY_BYTES, cost);
    }
    const [, hkdfSalt] = HKDF.exec(head) ?? [];
    if (secret !== undefined && hkdfSalt !== undefined) {
      const bytes = hkdfSync(
        "sha256",
        secret,
        Buffer.from(hkdfSalt, "base64url"),
        HKDF_LABEL,
        KEY_BYTES,
      );
      return Buffer.from(bytes);
    }
    throw serviceError(
      names,
      "cannot read how the file was sealed; restore it from a backup, or upgrade holdfast here",
    );
  }

  function newParameters(): string {
    const salt = randomBytes(SALT_BYTES).toString("base64url");
    const { log2N, r, p } = COST;
    return phrase === undefined ? `hkdf:${salt}` : `scrypt:${log2N}:${r}:${p}:${salt}`;
  }

  async function open(wrapped: string, context: WrapContext): Promise<Uint8Array> {
    const at = wrapped.lastIndexOf(":");
    const head = wrapped.slice(0, at);
    const box = Buffer.from(wrapped.slice(at + 1), "base64url");
    const bytes = unseal(await derive(head), box, associatedData(head, context));
    if (bytes !== undefined) return bytes;
    throw serviceError(
      names,
      `does not open ${memberName(context)}: the ${names.key} is not the one that it was sealed under, or the file was changed; see the ${names.key}, or restore the file from a backup`,
    );
  }

  return {
    ...names,
    async wrap(bytes, context) {
      parameters ??= newParameters();
      const box = seal(await derive(parameters), bytes, associatedData(parameters, context));
      return `${parameters}:${box.toString("base64url")}`;
    },
    unwrap: open,
    async join(wrapped, context) {
      await open(wrapped, context);
      parameters = wrapped.slice(0, wrapped.lastIndexOf(":"));
    },
  };
}

function associatedData(head: string, context: WrapContext): Buffer {
  return Buffer.from(`${head}:${contextText(context)}`);
}

function seal(derivedKey: Buffer, bytes: Uint8Array, associated: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", derivedKey, nonce).setAAD(associated);
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** @returns `undefined` if the box is not what was sealed under this key with this data. */
function unseal(derivedKey: Buffer, box: Buffer, associated: Buffer): Buffer | undefined {
  if (box.length <= NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = box.subarray(0, NONCE_BYTES);
  const end = box.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", derivedKey, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated).setAuthTag(box.subarray(end));
  try {
    return Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, end)), decipher.final()]);
  } catch {
    return undefined; // Told by the caller, with the name of what did not open.
  }
}
