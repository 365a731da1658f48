/**
 * Keys wrapped by AWS KMS: the real client, over HTTP, against a fake that follows the documented protocol.
 * @module
 */
import { randomBytes } from "node:crypto";
import { KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { awsKmsKeyring, awsKmsKeyService } from "../../src/keys/aws-kms.ts";
import { type WrapContext, withinDeadline } from "../../src/keys/key-service.ts";
import { type FakeKms, startKms } from "../support/kms.ts";
import { shown } from "../support/output.ts";
import { keyServiceCases } from "./key-service-cases.ts";
import { testFolders } from "./ring-file.ts";

let kms: FakeKms;
let arn: string;
const newFolder = testFolders();
beforeAll(async () => {
  kms = await startKms();
  arn = kms.createKey("alias/holdfast");
  kms.createKey("alias/other");
});
afterAll(() => kms.close());
beforeEach(() => {
  kms.refuseWith = undefined;
  kms.requireContext({});
});

const context: WrapContext = { ring: "0".repeat(32), purpose: "key", number: 3 };
const { signal } = new AbortController();
const serviceOf = (keyId = "alias/holdfast") => awsKmsKeyService({ client: kms.client(), keyId });

describe("AWS KMS", () => {
  for (const { title, run } of keyServiceCases) {
    it(title, () =>
      run({
        open: () => serviceOf(),
        openOther: () => serviceOf("alias/other"),
        secrets: ["local-secret-access-key"],
        folder: newFolder(),
      }),
    );
  }

  it("takes a key by its alias, its ARN and its id", async () => {
    const bytes = randomBytes(32);
    const wrapped = await serviceOf().wrap(bytes, context, signal);
    for (const keyId of [arn, arn.split("/")[1]]) {
      expect(Buffer.from(await serviceOf(keyId).unwrap(wrapped, context, signal))).toEqual(bytes);
    }
  });

  it("sends the encryption context that a policy can ask for", async () => {
    kms.requireContext({ holdfast: "keys", ring: context.ring, member: "key/3" });
    const wrapped = await serviceOf().wrap(randomBytes(32), context, signal);
    await serviceOf().unwrap(wrapped, context, signal);
    const other: WrapContext = { ring: context.ring, purpose: "index" };
    await expect(serviceOf().wrap(randomBytes(32), other, signal)).rejects.toThrow(
      "the condition on its encryption context",
    );
  });

  it("tells a key that is disabled, to be deleted or not there", async () => {
    kms.createKey("alias/ending");
    const wrap = (keyId: string) => serviceOf(keyId).wrap(randomBytes(32), context, signal);
    kms.setState("alias/ending", "Disabled");
    await expect(wrap("alias/ending")).rejects.toThrow("enable the key");
    kms.setState("alias/ending", "PendingDeletion");
    await expect(wrap("alias/ending")).rejects.toThrow("cancel its deletion");
    await expect(wrap("alias/none")).rejects.toThrow('(NotFoundException); see "keyId"');
  });

  for (const [name, said] of [
    ["AccessDeniedException", "may kms:Decrypt with this key"],
    ["InvalidKeyUsageException", "it must be symmetric"],
    ["InvalidCiphertextException", "does not open key 3"],
    ["ThrottlingException", "try again later"],
    ["UnrecognizedClientException", "see the credentials of the client"],
    ["ExpiredTokenException", "see the credentials of the client"],
    ["KMSInternalException", "cannot be reached or failed (KMSInternalException)"],
    ["quoting", "cannot be reached or failed (ValidationException)"],
  ] as const) {
    it(`says what to do about ${name}, and quotes nothing of it`, async () => {
      const bytes = randomBytes(32);
      const wrapped = await serviceOf().wrap(bytes, context, signal);
      kms.refuseWith = name;
      const error = await serviceOf()
        .unwrap(wrapped, context, signal)
        .catch((e) => e);
      expect(error).toMatchObject({ code: "HOLDFAST_KEYRING" });
      expect(error.message).toContain(said);
      for (const secret of [wrapped, wrapped.slice(40, 60), "AWS4-HMAC", "Credential="]) {
        expect(shown(error)).not.toContain(secret);
      }
    });
  }

  it("says what happened on the way, and gives up at the deadline", async () => {
    kms.refuseWith = "silent";
    const slow = serviceOf();
    await expect(
      withinDeadline(slow, 0.1, (late) => slow.unwrap("QUJD", context, late)),
    ).rejects.toThrow("did not answer within 0.1 s");
    const other = await startKms();
    const service = awsKmsKeyService({ client: other.client(), keyId: "alias/holdfast" });
    await other.stop();
    await expect(service.wrap(randomBytes(32), context, signal)).rejects.toThrow(
      /cannot be reached or failed \(\w*Error ?(ECONNREFUSED|ECONNRESET)?\)/,
    );
    await other.start();
    await other.close();
  });

  it("refuses a client without methods, a key id that is none, and quotes neither", async () => {
    const client = new KMSClient({ region: "eu-central-1" });
    const error = await awsKmsKeyring({
      file: "holdfast.keys",
      client: client as never,
      keyId: "canary key",
    }).catch((e) => e);
    client.destroy();
    expect(error.message).toMatch(/"client" must be a client of the class KMS .* not KMSClient/);
    expect(error.message).toContain('"keyId" must be');
    expect(shown(error)).not.toContain("canary");
  });

  it("refuses an answer without bytes", async () => {
    const client = { encrypt: async () => ({}), decrypt: async () => ({}) };
    const service = awsKmsKeyService({ client, keyId: "alias/holdfast" });
    await expect(service.unwrap("QUJD", context, signal)).rejects.toThrow("without bytes");
  });
});
