/**
 * One token behind a PKCS#11 library: its session, its key, and AES-GCM by it. Knows nothing of keyrings.
 * @module
 */
import { randomBytes } from "node:crypto";
import type {
  Handle,
  Pkcs11Library,
  Pkcs11Options,
  TokenAttribute,
  TokenMechanism,
} from "./pkcs11-module.ts";

/** What is wrong with the token or its key, and what to do. Holds nothing that the library said but names. */
export class TokenFault extends Error {}

/** It was wrapped by another key or with other data, or was changed. */
export class NotOpened extends Error {}

/*
 * What is kept of a wrapped key, base64url:
 *   0–11    nonce, 96 random bits (NIST SP 800-38D 8.2.2); a token's key wraps a handful of keys
 *   12–     AES-256-GCM ciphertext, then its 16-byte tag
 */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export class Pkcs11Token {
  readonly #options: Pkcs11Options;
  #library: Pkcs11Library | undefined;
  #open: { readonly session: Handle; readonly key: Handle } | undefined;
  /** Calls under way or waiting: the last one closes the session. */
  #users = 0;
  /** A session does one thing at a time. */
  #last: Promise<unknown> = Promise.resolve();
  /** A refused PIN is not tried again: the third time locks many tokens. */
  #isPinRefused = false;

  constructor(options: Pkcs11Options) {
    this.#options = options;
  }

  encrypt(bytes: Uint8Array, associatedData: string): Promise<string> {
    return this.#inTurn(async (library, session, key) => {
      const nonce = randomBytes(NONCE_BYTES);
      library.C_EncryptInit(session, this.#mechanism(nonce, associatedData), key);
      const room = Buffer.alloc(bytes.length + TAG_BYTES + KEY_BYTES);
      const text = await library.C_EncryptAsync(session, Buffer.from(bytes), room);
      return Buffer.concat([nonce, text]).toString("base64url");
    });
  }

  decrypt(wrapped: string, associatedData: string): Promise<Uint8Array> {
    return this.#inTurn(async (library, session, key) => {
      const box = Buffer.from(wrapped, "base64url");
      const nonce = Buffer.from(box.subarray(0, NONCE_BYTES));
      const text = Buffer.from(box.subarray(NONCE_BYTES));
      if (text.length <= TAG_BYTES) throw new NotOpened();
      library.C_DecryptInit(session, this.#mechanism(nonce, associatedData), key);
      try {
        return await library.C_DecryptAsync(session, text, Buffer.alloc(text.length + KEY_BYTES));
      } catch (error) {
        // Libraries name a wrong tag in many ways, SoftHSM CKR_GENERAL_ERROR; a token that is away, in these.
        if (/DEVICE|TOKEN|SESSION|HANDLE|LOGGED/.test((error as Error).message)) throw error;
        throw new NotOpened();
      }
    });
  }

  /** Makes the key; the session is a writing one. */
  createKey(): void {
    const { pkcs11js: c, key } = this.#options;
    const { library, session } = this.#login(c.CKF_RW_SESSION);
    try {
      if (this.#find(library, session).length > 0) {
        throw new TokenFault(`holds a key of this label already; take another "key"`);
      }
      library.C_GenerateKey(session, { mechanism: c.CKM_AES_KEY_GEN }, [
        ...this.#template(),
        { type: c.CKA_TOKEN, value: true },
        { type: c.CKA_PRIVATE, value: true },
        { type: c.CKA_SENSITIVE, value: true },
        { type: c.CKA_EXTRACTABLE, value: false },
        { type: c.CKA_ENCRYPT, value: true },
        { type: c.CKA_DECRYPT, value: true },
        { type: c.CKA_KEY_TYPE, value: c.CKK_AES },
        { type: c.CKA_VALUE_LEN, value: KEY_BYTES },
        { type: c.CKA_LABEL, value: key },
      ]);
    } finally {
      library.C_CloseSession(session);
    }
  }

  async #inTurn<T>(
    work: (library: Pkcs11Library, session: Handle, key: Handle) => Promise<T>,
  ): Promise<T> {
    this.#users += 1;
    const before = this.#last;
    const run = (async () => {
      await before;
      try {
        const { session, key } = this.#opened();
        return await work(this.#library as Pkcs11Library, session, key);
      } catch (error) {
        // Whatever it was, the next one begins with a session of its own; a wrong tag costs that as well.
        this.#close();
        throw error;
      } finally {
        this.#users -= 1;
        if (this.#users === 0) this.#close();
      }
    })();
    this.#last = run.catch(() => {}); // Told by `run` itself.
    return run;
  }

  #opened() {
    if (this.#open !== undefined) return this.#open;
    const { library, session } = this.#login(0);
    try {
      this.#open = { session, key: this.#judgedKey(library, session) };
    } finally {
      if (this.#open === undefined) library.C_CloseSession(session);
    }
    return this.#open;
  }

  /** Never throws: a session that is gone need not be closed. */
  #close(): void {
    const { session } = this.#open ?? {};
    this.#open = undefined;
    try {
      if (session !== undefined) this.#library?.C_CloseSession(session);
    } catch {
      // The token was pulled out or started anew; what failed by that says so itself.
    }
  }

  #login(flags: number): { readonly library: Pkcs11Library; readonly session: Handle } {
    const { pkcs11js: c, token, pin } = this.#options;
    if (this.#isPinRefused) {
      throw new TokenFault(
        `refused "pin", which is not tried again; start again with the right one`,
      );
    }
    const library = this.#loaded();
    const slots = library
      .C_GetSlotList(true)
      .filter((slot) => library.C_GetTokenInfo(slot).label.trimEnd() === token);
    const [slot] = slots;
    if (slot === undefined || slots.length > 1) {
      throw new TokenFault(
        `${slot === undefined ? "is not there" : `is there ${slots.length} times`}; see "token", which is the label of one token, and the library's own configuration`,
      );
    }
    const session = library.C_OpenSession(slot, c.CKF_SERIAL_SESSION | flags);
    try {
      library.C_Login(session, c.CKU_USER, pin);
    } catch (error) {
      const { message } = error as Error;
      // Somebody else in this process has.
      if (message !== "CKR_USER_ALREADY_LOGGED_IN") {
        library.C_CloseSession(session);
        this.#isPinRefused = message.startsWith("CKR_PIN_");
        if (!this.#isPinRefused) throw error;
        throw new TokenFault(
          `refuses "pin" (${message}); correct it before the next try, since a token locks after a few`,
        );
      }
    }
    return { library, session };
  }

  #loaded(): Pkcs11Library {
    if (this.#library !== undefined) return this.#library;
    const { pkcs11js, library: path } = this.#options;
    const library = new pkcs11js.PKCS11();
    try {
      library.load(path);
    } catch {
      throw new TokenFault(
        `cannot be used: "library" (${path}) is no PKCS#11 library, or not for this machine; see the path`,
      );
    }
    try {
      library.C_Initialize();
    } catch (error) {
      // Once in a process, whoever does it.
      if ((error as Error).message !== "CKR_CRYPTOKI_ALREADY_INITIALIZED") throw error;
    }
    this.#library = library;
    return library;
  }

  /** The one key of this label, if it never leaves the token. */
  #judgedKey(library: Pkcs11Library, session: Handle): Handle {
    const { pkcs11js: c } = this.#options;
    const keys = this.#find(library, session);
    const [key] = keys;
    if (key === undefined) {
      throw new TokenFault(
        `holds no secret key of this label; make it with \`createPkcs11Key\` of holdfast/keys/pkcs11`,
      );
    }
    if (keys.length > 1) {
      throw new TokenFault(
        "holds more than one secret key of this label; give the right one a label of its own",
      );
    }
    const is = (type: number): boolean =>
      library.C_GetAttributeValue(session, key, [{ type }])[0]?.value[0] === 1;
    if (!is(c.CKA_SENSITIVE) || is(c.CKA_EXTRACTABLE)) {
      throw new TokenFault(
        `would give its key away: it must be sensitive and not extractable; make another with \`createPkcs11Key\``,
      );
    }
    const [length] = library.C_GetAttributeValue(session, key, [{ type: c.CKA_VALUE_LEN }]);
    if (length?.value[0] !== KEY_BYTES) {
      throw new TokenFault("has a key that is not AES-256; make another with `createPkcs11Key`");
    }
    return key;
  }

  #find(library: Pkcs11Library, session: Handle): Handle[] {
    library.C_FindObjectsInit(session, this.#template());
    try {
      return library.C_FindObjects(session, 2);
    } finally {
      library.C_FindObjectsFinal(session);
    }
  }

  #template(): TokenAttribute[] {
    const { pkcs11js: c, key } = this.#options;
    return [
      { type: c.CKA_CLASS, value: c.CKO_SECRET_KEY },
      { type: c.CKA_LABEL, value: key },
    ];
  }

  #mechanism(iv: Buffer, associatedData: string): TokenMechanism {
    const { CKM_AES_GCM: mechanism, CK_PARAMS_AES_GCM: type } = this.#options.pkcs11js;
    const aad = Buffer.from(associatedData);
    return {
      mechanism,
      parameter: { type, iv, aad, ivBits: NONCE_BYTES * 8, tagBits: TAG_BYTES * 8 },
    };
  }
}
