/** What fits as `fetch`, and as a token. */
import { expectTypeOf } from "vitest";
import { sealedFileKeyring } from "./sealed-file.ts";
import { type VaultFetch, vaultKeyring, vaultKeyService } from "./vault.ts";

expectTypeOf<typeof globalThis.fetch>().toExtend<VaultFetch>();

const vault = { address: "https://vault.shop.test:8200", key: "holdfast" };
vaultKeyring({ ...vault, file: "holdfast.keys", token: "a token" });
vaultKeyring({ ...vault, file: "holdfast.keys", token: async () => "a token" });
vaultKeyService({ ...vault, token: () => "a token", fetch });
// @ts-expect-error no token
vaultKeyService(vault);
// @ts-expect-error no file
vaultKeyring({ ...vault, token: "a token" });

sealedFileKeyring({ file: "holdfast.keys", passphrase: "six random words" });
sealedFileKeyring({ file: "holdfast.keys", key: new Uint8Array(32) });
// @ts-expect-error neither passphrase nor key
sealedFileKeyring({ file: "holdfast.keys" });
// @ts-expect-error both
sealedFileKeyring({ file: "holdfast.keys", passphrase: "six", key: new Uint8Array(32) });
