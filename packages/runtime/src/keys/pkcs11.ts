/**
 * Keys wrapped by a key on a PKCS#11 token: a hardware security module, a smart card, SoftHSM. Takes the
 * module `pkcs11js`; depends on none.
 * @module
 */
import type { Keyring } from "../crypto/keyring.ts";
import { isObject, matching, must, type Reader } from "../crypto/readers.ts";
import type { SessionError } from "../errors.ts";
import {
  contextText,
  errorName,
  type KeyService,
  memberName,
  serviceError,
  type WrapContext,
} from "./key-service.ts";
import {
  checkedOptions,
  filled,
  keyringMembers,
  type ServiceKeyringOptions,
} from "./keyring-options.ts";
import type { Pkcs11Module, Pkcs11Options } from "./pkcs11-module.ts";
import { NotOpened, Pkcs11Token, TokenFault } from "./pkcs11-token.ts";
import { openKeyring } from "./wrapped-keyring.ts";

export type { KeyService } from "./key-service.ts";

export type { Pkcs11Library, Pkcs11Module, Pkcs11Options } from "./pkcs11-module.ts";

/** Options of {@link pkcs11Keyring}. */
export interface Pkcs11KeyringOptions extends Pkcs11Options, ServiceKeyringOptions {}

const label = matching(/^[!-~](?:[ -~]{0,62}[!-~])?$/, "a label: 1 to 64 printable characters");

const pkcs11Members: { readonly [Name in keyof Pkcs11Options]-?: Reader<Pkcs11Options[Name]> } = {
  pkcs11js: must<Pkcs11Module>(
    'the module pkcs11js, as in import pkcs11js from "pkcs11js"',
    (value) =>
      isObject(value) &&
      typeof value.PKCS11 === "function" &&
      Number.isInteger(value.CKM_AES_GCM) &&
      Number.isInteger(value.CK_PARAMS_AES_GCM),
  ),
  library: filled,
  token: label,
  pin: filled,
  key: label,
};

/**
 * Opens a key file that a key on a token has wrapped. The token is asked now and when a new key is in the
 * file, never by a request.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` for an option that is missing, unknown or of the wrong type;
 *   `HOLDFAST_KEYRING` if the file cannot be used, or the token does not open it within the deadline.
 */
export async function pkcs11Keyring(options: Pkcs11KeyringOptions): Promise<Keyring> {
  const checked = checkedOptions<Pkcs11KeyringOptions>(options, {
    ...keyringMembers,
    ...pkcs11Members,
  });
  return openKeyring(createService(checked), checked);
}

/**
 * The service alone, for `holdfast keys --service MODULE`.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` for an option that is missing, unknown or of the wrong type.
 */
export function pkcs11KeyService(options: Pkcs11Options): KeyService {
  return createService(checkedOptions<Pkcs11Options>(options, pkcs11Members));
}

/**
 * Makes the AES-256 key on the token: sensitive, not extractable. For a set-up script.
 *
 * @throws {SessionError} `HOLDFAST_OPTION`; `HOLDFAST_KEYRING` if the token refuses, or has a key of this label.
 */
export function createPkcs11Key(options: Pkcs11Options): void {
  const checked = checkedOptions<Pkcs11Options>(options, pkcs11Members);
  try {
    new Pkcs11Token(checked).createKey();
  } catch (error) {
    throw told(namesOf(checked), error);
  }
}

type Names = Pick<KeyService, "name" | "key">;

function namesOf({ token, key }: Pkcs11Options): Names {
  return { name: "pkcs11", key: `${token}/${key}` };
}

function createService(options: Pkcs11Options): KeyService {
  const names = namesOf(options);
  const token = new Pkcs11Token(options);
  const asked = async <T>(context: WrapContext, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      throw told(names, error, context);
    }
  };
  return {
    ...names,
    wrap: (bytes, context) => asked(context, () => token.encrypt(bytes, contextText(context))),
    unwrap: (wrapped, context) =>
      asked(context, () => token.decrypt(wrapped, contextText(context))),
  };
}

function told(names: Names, error: unknown, context?: WrapContext): SessionError {
  if (error instanceof TokenFault) return serviceError(names, error.message);
  if (error instanceof NotOpened && context !== undefined) {
    return serviceError(
      names,
      `does not open ${memberName(context)}: it was wrapped by another key or for another file, or the file was changed; restore the one or the other from a backup`,
    );
  }
  // pkcs11js gives the name of the return value as message, and nothing else is shown of one.
  const { message = "" } = error as Partial<Error>;
  const name = /^CKR_\w{1,60}$/.test(message) ? message : errorName(error);
  return serviceError(
    names,
    `failed (${name}); see that the token is there and ready, then try again`,
  );
}
