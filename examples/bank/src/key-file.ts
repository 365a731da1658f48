/**
 * The key file, made on the first start by Holdfast's own command, as an operator would.
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createKeyring, type Keyring } from "holdfast";
import { sealedFileKeyring } from "holdfast/keys/sealed-file";
import { PASSPHRASE_VARIABLE, readPassphrase } from "./key-service.ts";

/**
 * @param passphraseFile Where the passphrase is that seals the keys; without one they lie in the file as they are.
 * @param onMade Told when there was no key file yet.
 */
export async function openKeyFile(
  file: string,
  passphraseFile: string | undefined,
  onMade: () => void,
): Promise<Keyring> {
  if (!existsSync(file)) {
    makeKeyFile(file, passphraseFile);
    onMade();
  }
  return passphraseFile === undefined
    ? createKeyring({ file })
    : sealedFileKeyring({ file, passphrase: readPassphrase(passphraseFile) });
}

function makeKeyFile(file: string, passphraseFile: string | undefined): void {
  const holdfast = fileURLToPath(new URL("./cli/main.js", import.meta.resolve("holdfast")));
  const service = fileURLToPath(new URL("./key-service.js", import.meta.url));
  const sealed = passphraseFile === undefined ? [] : ["--service", service];
  const env = { ...process.env, [PASSPHRASE_VARIABLE]: passphraseFile };
  // Its standard output is for an operator; what goes wrong is ours to show.
  execFileSync(process.execPath, [holdfast, "keys", "generate", file, ...sealed], {
    stdio: ["ignore", "ignore", "inherit"],
    env,
  });
}
