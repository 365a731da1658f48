/**
 * Keys wrapped by a key of AWS KMS. Takes the client of `@aws-sdk/client-kms`; depends on none.
 * @module
 */
import type { Keyring } from "../crypto/keyring.ts";
import { matching, type Reader } from "../crypto/readers.ts";
import {
  errorName,
  type KeyService,
  memberName,
  memberText,
  serviceError,
  type WrapContext,
} from "./key-service.ts";
import {
  checkedOptions,
  keyringMembers,
  type ServiceKeyringOptions,
  withMethods,
} from "./keyring-options.ts";
import { openKeyring } from "./wrapped-keyring.ts";

export type { KeyService } from "./key-service.ts";

interface Bound {
  KeyId: string;
  EncryptionContext: Record<string, string>;
}

/** The part of the class `KMS` of `@aws-sdk/client-kms` that is called. */
export interface AwsKmsClient {
  encrypt(
    input: Bound & { Plaintext: Uint8Array },
    options: { abortSignal: AbortSignal },
  ): Promise<{ readonly CiphertextBlob?: Uint8Array | undefined }>;
  decrypt(
    input: Bound & { CiphertextBlob: Uint8Array },
    options: { abortSignal: AbortSignal },
  ): Promise<{ readonly Plaintext?: Uint8Array | undefined }>;
}

/** Which key, and by which client. */
export interface AwsKmsOptions {
  /** `new KMS({ region })` of `@aws-sdk/client-kms`. It stays yours: destroy it after the keyring is closed. */
  readonly client: AwsKmsClient;
  /** A symmetric key: id, ARN, `alias/…` or an alias's ARN. The same text wherever the file is used. */
  readonly keyId: string;
}

/** Options of {@link awsKmsKeyring}. */
export interface AwsKmsKeyringOptions extends AwsKmsOptions, ServiceKeyringOptions {}

const kmsMembers: { readonly [Name in keyof AwsKmsOptions]-?: Reader<AwsKmsOptions[Name]> } = {
  client: withMethods<AwsKmsClient>(
    "a client of the class KMS of @aws-sdk/client-kms, not KMSClient",
    "encrypt",
    "decrypt",
  ),
  keyId: matching(/^[\w:/.-]{1,400}$/, "a key's id, its ARN, or its alias as alias/…"),
};

/**
 * Opens a key file that AWS KMS has wrapped. KMS is asked now and when a new key is in the file, never by
 * a request.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` for an option that is missing, unknown or out of range;
 *   `HOLDFAST_KEYRING` if the file cannot be used, or KMS does not open it within the deadline.
 */
export async function awsKmsKeyring(options: AwsKmsKeyringOptions): Promise<Keyring> {
  const checked = checkedOptions<AwsKmsKeyringOptions>(options, {
    ...keyringMembers,
    ...kmsMembers,
  });
  return openKeyring(createService(checked), checked);
}

/**
 * The service alone, for `holdfast keys --service MODULE`.
 *
 * @throws {SessionError} `HOLDFAST_OPTION` for an option that is missing, unknown or out of range.
 */
export function awsKmsKeyService(options: AwsKmsOptions): KeyService {
  return createService(checkedOptions<AwsKmsOptions>(options, kmsMembers));
}

function createService({ client, keyId }: AwsKmsOptions): KeyService {
  const names = { name: "aws-kms", key: keyId };
  const call = async <T>(
    action: "Encrypt" | "Decrypt",
    context: WrapContext,
    send: () => Promise<T>,
  ): Promise<T> => {
    try {
      return await send();
    } catch (error) {
      // The error itself holds the request, and its message may quote it.
      throw serviceError(names, refusalOf(error, action, context));
    }
  };
  const answered = (bytes: Uint8Array | undefined): Uint8Array => {
    if (bytes instanceof Uint8Array && bytes.length > 0) return bytes;
    throw serviceError(names, "answered without bytes; see that the client is that of AWS KMS");
  };
  return {
    ...names,
    async wrap(bytes, context, signal) {
      const input = { ...bound(keyId, context), Plaintext: bytes };
      const { CiphertextBlob } = await call("Encrypt", context, () =>
        client.encrypt(input, { abortSignal: signal }),
      );
      return Buffer.from(answered(CiphertextBlob)).toString("base64");
    },
    async unwrap(wrapped, context, signal) {
      const blob = Buffer.from(wrapped, "base64");
      const input = { ...bound(keyId, context), CiphertextBlob: blob };
      const { Plaintext } = await call("Decrypt", context, () =>
        client.decrypt(input, { abortSignal: signal }),
      );
      return answered(Plaintext);
    },
  };
}

/** Stands in CloudTrail in the clear, and can be a condition of a policy. */
function bound(keyId: string, context: WrapContext): Bound {
  const EncryptionContext = {
    holdfast: "keys",
    ring: context.ring,
    member: memberText(context),
  };
  return { KeyId: keyId, EncryptionContext };
}

/** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors */
function refusalOf(error: unknown, action: string, context: WrapContext): string {
  const name = errorName(error);
  const { name: kind } = (error ?? {}) as { readonly name?: unknown };
  switch (kind) {
    case "AccessDeniedException":
      return `refuses (${name}); see that the role may kms:${action} with this key, and the condition on its encryption context`;
    case "NotFoundException":
      return `does not exist (${name}); see "keyId", and the region and account of the client`;
    case "DisabledException":
    case "KMSInvalidStateException":
      return `cannot be used as it is (${name}); enable the key, or cancel its deletion`;
    case "InvalidKeyUsageException":
      return `is no key for this (${name}); it must be symmetric, SYMMETRIC_DEFAULT, to encrypt and decrypt`;
    case "IncorrectKeyException":
    case "InvalidCiphertextException":
      return `does not open ${memberName(context)} (${name}): it was wrapped by another key or for another file, or the file was changed; restore it from a backup`;
    case "ThrottlingException":
    case "LimitExceededException":
      return `has too much to do (${name}); try again later`;
    case "CredentialsProviderError":
    case "ExpiredTokenException":
    case "UnrecognizedClientException":
    case "InvalidSignatureException":
    case "IncompleteSignature":
    case "MissingAuthenticationToken":
      return `does not know who asks (${name}); see the credentials of the client, and this machine's clock`;
    default:
      return `cannot be reached or failed (${name}); see the client's region and endpoint, and that this machine reaches it, then try again`;
  }
}
