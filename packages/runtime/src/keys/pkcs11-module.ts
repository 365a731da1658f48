/**
 * The part of the module `pkcs11js` that is used, by its shape, and what to use it on.
 * @module
 */

/** Names a slot, a session or an object. */
export type Handle = Buffer;

/** An attribute of an object on the token. */
export interface TokenAttribute {
  type: number;
  value?: number | boolean | string | Buffer;
}
/** A mechanism and its parameters. */
export interface TokenMechanism {
  mechanism: number;
  parameter?: { type: number; iv: Buffer; aad: Buffer; ivBits: number; tagBits: number };
}

/** The methods of the class `PKCS11` of `pkcs11js` that are called. */
export interface Pkcs11Library {
  load(path: string): void;
  C_Initialize(): void;
  C_GetSlotList(tokenPresent: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { label: string };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, userType: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: TokenAttribute[]): void;
  C_FindObjects(session: Handle, maxObjectCount: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: TokenAttribute[],
  ): { type: number; value: Buffer }[];
  C_GenerateKey(session: Handle, mechanism: TokenMechanism, template: TokenAttribute[]): Handle;
  C_EncryptInit(session: Handle, mechanism: TokenMechanism, key: Handle): void;
  C_EncryptAsync(session: Handle, inData: Buffer, outData: Buffer): Promise<Buffer>;
  C_DecryptInit(session: Handle, mechanism: TokenMechanism, key: Handle): void;
  C_DecryptAsync(session: Handle, inData: Buffer, outData: Buffer): Promise<Buffer>;
}

/** The part of the module `pkcs11js` that is used. */
export interface Pkcs11Module {
  readonly PKCS11: new () => Pkcs11Library;
  readonly CKA_CLASS: number;
  readonly CKA_DECRYPT: number;
  readonly CKA_ENCRYPT: number;
  readonly CKA_EXTRACTABLE: number;
  readonly CKA_KEY_TYPE: number;
  readonly CKA_LABEL: number;
  readonly CKA_PRIVATE: number;
  readonly CKA_SENSITIVE: number;
  readonly CKA_TOKEN: number;
  readonly CKA_VALUE_LEN: number;
  readonly CKF_RW_SESSION: number;
  readonly CKF_SERIAL_SESSION: number;
  readonly CKK_AES: number;
  readonly CKM_AES_GCM: number;
  readonly CKM_AES_KEY_GEN: number;
  readonly CKO_SECRET_KEY: number;
  readonly CKU_USER: number;
  readonly CK_PARAMS_AES_GCM: number;
}

/** Which key on which token. */
export interface Pkcs11Options {
  /** The module `pkcs11js`, as it is imported. */
  readonly pkcs11js: Pkcs11Module;
  /** Path of the token's PKCS#11 library: `/usr/lib/softhsm/libsofthsm2.so`. */
  readonly library: string;
  /** Label of the token: slots may change their numbers. */
  readonly token: string;
  /** PIN of the token's user. */
  readonly pin: string;
  /** Label of the AES-256 key on the token. */
  readonly key: string;
}
