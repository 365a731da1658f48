/**
 * `holdfast keys`: makes, shows and changes a key file, plain or wrapped. What each change does is in
 * key-changes.ts, what the two forms are in key-file-form.ts.
 * @module
 */
import { fingerprint } from "../crypto/derive.ts";
import { formatKeyFile, type KeyFile } from "../crypto/key-file.ts";
import { readKeyFile } from "../crypto/key-file-disk.ts";
import { isKeyService, KEY_SERVICE_RULE, type KeyService } from "../keys/key-service.ts";
import { isWrappedText } from "../keys/wrapped-file.ts";
import { type Command, type CommandIo, done, failed, type Outcome, refused } from "./command.ts";
import {
  type Change,
  type ChangeContext,
  newKeyFile,
  promote,
  remove,
  removeIndex,
  revoke,
  rotate,
  rotateIndex,
} from "./key-changes.ts";
import { FormFault, type KeyFileForm, openedFile, openForm, wrappedText } from "./key-file-form.ts";
import { shellQuote, withKeyFileLock, writeKeyFile } from "./key-file-write.ts";
import { listKeys } from "./key-report.ts";
import { commandFor, type KeysArguments, readKeysArguments } from "./keys-arguments.ts";
import { keysHelp, keysOverview, type Verb } from "./keys-help.ts";
import { status } from "./keys-status.ts";
import { closeModule, type Exported, loadModule } from "./load-module.ts";

export const keysCommand: Command = {
  name: "keys",
  summary: "make, list, rotate and remove the keys that sessions are sealed with",
  run(args, io) {
    const [verb, ...rest] = args;
    if (verb === "--help" || verb === "-h") return { exitCode: 0, text: keysOverview, isRaw: true };
    if (verb === undefined) return failed(keysOverview);
    if (!Object.hasOwn(keysHelp, verb)) {
      return failed(`There is no \`holdfast keys ${verb}\`.\n\n${keysOverview}`);
    }
    return runVerb(verb as Verb, rest, io);
  },
};

async function runVerb(verb: Verb, args: readonly string[], io: CommandIo): Promise<Outcome> {
  if (args.includes("--help") || args.includes("-h")) {
    return { exitCode: 0, text: keysHelp[verb], isRaw: true };
  }
  const read = readKeysArguments(verb, args);
  if (typeof read === "string") return failed(`${read}\n\n${keysHelp[verb]}`);
  const loaded = await loadService(read.service);
  if (typeof loaded === "string") return failed(loaded);
  const from = await loadService(read.from);
  if (typeof from === "string") return failed(from);
  try {
    return await runOn(verb, read, io, loaded.keyService, from.keyService);
  } catch (error) {
    if (error instanceof FormFault) return failed(error.message);
    throw error;
  } finally {
    await closeModule(loaded);
    await closeModule(from);
  }
}

/** @returns What is wrong with the module, if something is. */
async function loadService(
  path: string | undefined,
): Promise<(Exported & { readonly keyService?: KeyService }) | string> {
  if (path === undefined) return {};
  const exported = await loadModule(path);
  if (typeof exported === "string") return exported;
  const { keyService } = exported;
  return isKeyService(keyService)
    ? { ...exported, keyService }
    : `"${path}" exports no \`keyService\`. It must be ${KEY_SERVICE_RULE}, such as vaultKeyService(…) of holdfast/keys/vault; not a function or a promise.`;
}

type OnFile = (file: KeyFile, context: ChangeContext) => Change;

function runOn(
  verb: Verb,
  args: KeysArguments,
  io: CommandIo,
  service: KeyService | undefined,
  from: KeyService | undefined,
): Outcome | Promise<Outcome> {
  const contextOf = (form?: KeyFileForm): ChangeContext => ({
    now: io.now(),
    force: args.now,
    command: commandFor(args, form === undefined ? service !== undefined : "wrapped" in form),
  });
  const { path, number, index } = args;
  const changed = (step: OnFile) => change(path, contextOf, step, service);
  switch (verb) {
    case "generate":
      return generate(args, contextOf(), service);
    case "list":
      return list(openForm(path, readKeyFile(path), service), path, io.now());
    case "status": {
      const form = openForm(path, readKeyFile(path), service);
      return status(form, args, contextOf(form), io, service);
    }
    case "rotate":
      return changed(index ? rotateIndex : rotate);
    case "promote":
      return changed(promote);
    case "revoke":
      return changed((file, context) => revoke(file, number, context));
    case "remove":
      return changed((file, context) =>
        index ? removeIndex(file, context) : remove(file, number, context),
      );
    case "wrap":
      return wrap(args, service as KeyService, from);
  }
}

async function generate(
  args: KeysArguments,
  { now, command }: ChangeContext,
  service: KeyService | undefined,
): Promise<Outcome> {
  const file = newKeyFile(args.longestSessionSeconds, now);
  if (args.print) return { exitCode: 0, text: formatKeyFile(file, true).trimEnd(), isRaw: true };
  const { path } = args;
  const failure = await writeNew(path, async () =>
    service === undefined ? formatKeyFile(file) : wrappedText(file, service),
  );
  if (failure === "exists") {
    return refused(
      `"${path}" exists and is not overwritten: that would sign everybody out. To change keys without that, \`${command("rotate")}\`.`,
    );
  }
  if (failure !== undefined) return failure;
  const [key] = file.keys;
  const text =
    service === undefined
      ? `Wrote ${path} with key 0 (current) and an index key, readable by this user alone.
Use it: createKeyring({ file: ${JSON.stringify(path)} }), as the user that the server runs as.
Keep it out of version control and images. Every process needs the same file; keep a backup.`
      : `Wrote ${path} with key 0 (current) and an index key, wrapped by ${service.name} (${service.key}).
Use it: ${useOf(path, service)}.
Every process needs the same file; keep a backup of it, and the key of the service: neither opens without the other.`;
  return done(text, {
    file: path,
    longestSessionSeconds: file.longestSessionSeconds,
    number: 0,
    fingerprint: key?.bytes === undefined ? null : fingerprint(key.bytes),
    ...serviceJson(service),
  });
}

const keyringNames: Readonly<Record<string, string>> = {
  vault: "vaultKeyring",
  "aws-kms": "awsKmsKeyring",
  pkcs11: "pkcs11Keyring",
  "sealed-file": "sealedFileKeyring",
};

function useOf(path: string, { name }: KeyService): string {
  const keyring = keyringNames[name];
  const file = JSON.stringify(path);
  return keyring === undefined
    ? `await wrappedKeyring({ file: ${file}, service }), of holdfast/keys/wrapped-keyring`
    : `await ${keyring}({ file: ${file}, … }), of holdfast/keys/${name}`;
}

function serviceJson(service: KeyService | undefined): Readonly<Record<string, unknown>> {
  return service === undefined ? {} : { service: service.name, serviceKey: service.key };
}

/** Moves the keys of a file into a wrapped one: the same keys, so nobody is signed out. */
async function wrap(
  { path, newPath }: KeysArguments,
  service: KeyService,
  from: KeyService | undefined,
): Promise<Outcome> {
  const disk = readKeyFile(path);
  const isWrapped = isWrappedText(disk.text);
  if (!isWrapped && from !== undefined) {
    return refused(`"${path}" is a plain key file; leave --from out.`);
  }
  const form = openForm(path, disk, from);
  const { access, wrapped } = form;
  if (access !== undefined) return refused(`${access}. Nothing was written.`);
  if (wrapped !== undefined && from === undefined) {
    return refused(
      `"${path}" is wrapped already, by ${wrapped.service} (${wrapped.serviceKey}). To move its keys to another service, name a module that exports the present one with --from MODULE.`,
    );
  }
  const file = from === undefined ? form.file : await openedFile(form, from);
  const failure = await writeNew(newPath, () => wrappedText(file, service));
  if (failure === "exists") return refused(`"${newPath}" exists and is not overwritten.`);
  if (failure !== undefined) return failure;
  const rest = isWrapped
    ? `When every process has the new file, delete the old one.
Whoever has the old file and the right to open it still has its keys; if that may be, rotate, promote and revoke them.`
    : `When every process has the new file, destroy the old one and its backups: \`shred -u ${shellQuote(path)}\`.
Whoever copied the old file still has its keys; if that may be, rotate, promote and revoke them.`;
  const text = `Wrote ${newPath} with the keys of ${path}, wrapped by ${service.name} (${service.key}).
Use it: ${useOf(newPath, service)}.
They are the same keys: processes with either file serve the same sessions, and nobody is signed out.
${rest}`;
  return done(text, { file: newPath, from: path, ...serviceJson(service) });
}

/** @returns `exists`, or what else went wrong; `undefined` if the file is written. */
async function writeNew(
  path: string,
  textOf: () => Promise<string>,
): Promise<"exists" | Outcome | undefined> {
  try {
    await withKeyFileLock(path, async () => writeKeyFile(path, await textOf()));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EEXIST"
      ? "exists"
      : failed(writeProblem(path, error));
  }
}

function list(form: KeyFileForm, path: string, now: number): Outcome {
  const { file, access, wrapped, fingerprintOf } = form;
  const { text, json } = listKeys(file, now, fingerprintOf);
  const by =
    wrapped === undefined ? "" : `\nWrapped by ${wrapped.service} (${wrapped.serviceKey}).`;
  const warning = access === undefined ? "" : `\n\n${access}.`;
  return {
    exitCode: access === undefined ? 0 : 1,
    text: text + by + warning,
    json: {
      file: path,
      ...json,
      ...(wrapped && { service: wrapped.service, serviceKey: wrapped.serviceKey }),
      attention: access === undefined ? [] : [access],
    },
    isReport: true,
  };
}

async function change(
  path: string,
  contextOf: (form: KeyFileForm) => ChangeContext,
  step: OnFile,
  service: KeyService | undefined,
): Promise<Outcome> {
  // Before the lock, so that a wrong path is told as such.
  readKeyFile(path);
  try {
    return await withKeyFileLock(path, async () => {
      const disk = readKeyFile(path);
      const form = openForm(path, disk, service);
      const { access, file, mode, fingerprintOf } = form;
      if (access !== undefined) return refused(`${access}. Nothing was changed.`);
      const context = contextOf(form);
      const result = step(file, context);
      if ("refused" in result) return refused(result.refused);
      writeKeyFile(path, await form.textOf(result.file), { replaces: disk, mode });
      const { json } = listKeys(result.file, context.now, fingerprintOf);
      return done(result.done, { file: path, ...json });
    });
  } catch (error) {
    if (error instanceof FormFault) throw error;
    return failed(writeProblem(path, error));
  }
}

function writeProblem(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return `The folder of "${path}" does not exist; make it, then try again.`;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return `"${path}" cannot be written (${code}); run the command as a user who may write its folder.`;
  }
  return code?.startsWith("HOLDFAST_") ? message : `"${path}" cannot be written: ${message}`;
}
