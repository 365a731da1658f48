/**
 * How the bank's keys are sealed where a passphrase is given: the same for the server and for
 * `BANK_PASSPHRASE_FILE=FILE holdfast keys … --service ./dist/key-service.js`.
 * @module
 */
import { readFileSync } from "node:fs";
import { type KeyService, sealedFileKeyService } from "holdfast/keys/sealed-file";

/** The variable that names the file with the passphrase: a passphrase in a variable is easily shown. */
export const PASSPHRASE_VARIABLE = "BANK_PASSPHRASE_FILE";

export function readPassphrase(file: string): string {
  return readFileSync(file, "utf8").trim();
}

/** What the command looks for. */
export const keyService: KeyService | undefined = fromEnvironment();

function fromEnvironment(): KeyService | undefined {
  const file = process.env[PASSPHRASE_VARIABLE];
  return file === undefined
    ? undefined
    : sealedFileKeyService({ passphrase: readPassphrase(file) });
}
