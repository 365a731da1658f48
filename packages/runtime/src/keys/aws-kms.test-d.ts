/** The client that fits, by its own types. */
import type { KMS, KMSClient } from "@aws-sdk/client-kms";
import { expectTypeOf } from "vitest";
import { type AwsKmsClient, awsKmsKeyring, awsKmsKeyService } from "./aws-kms.ts";

expectTypeOf<KMS>().toExtend<AwsKmsClient>();
// Its commands are classes, which are not loaded here.
expectTypeOf<KMSClient>().not.toExtend<AwsKmsClient>();

declare const client: KMS;
awsKmsKeyring({ file: "holdfast.keys", client, keyId: "alias/holdfast", deadlineSeconds: 5 });
awsKmsKeyService({ client, keyId: "alias/holdfast" });
// @ts-expect-error no key
awsKmsKeyring({ file: "holdfast.keys", client });
// @ts-expect-error a misspelt option
awsKmsKeyService({ client, keyID: "alias/holdfast" });
