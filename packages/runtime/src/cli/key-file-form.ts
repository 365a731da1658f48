/**
 * The two forms of a key file, as the commands change them: plain, or wrapped by a key service. What a
 * change does is the same for both; only bytes that are new are wrapped.
 * @module
 */
import { fingerprint } from "../crypto/derive.ts";
import { formatKeyFile, type KeyFile, parseKeyFile } from "../crypto/key-file.ts";
import { accessFault, type KeyFileOnDisk } from "../crypto/key-file-disk.ts";
import { type KeyService, withinDeadline } from "../keys/key-service.ts";
import { wrapKeys } from "../keys/wrap-keys.ts";
import {
  contextOf,
  formatWrappedFile,
  isWrappedText,
  judgedMode,
  parseWrappedFile,
  type WrappedBytes,
  type WrappedKeyFile,
} from "../keys/wrapped-file.ts";
import { openMembers, otherService } from "../keys/wrapped-keyring.ts";

/** How long a command waits for the key service, in seconds. */
export const SERVICE_SECONDS = 30;

/** A key file in one of its forms. */
export interface KeyFileForm {
  /** The ring. Where it is wrapped, `bytes` only stand for what they are in the file. */
  readonly file: KeyFile;
  readonly wrapped?: WrappedKeyFile;
  /** Who else can get at the file, if that matters for this form. */
  readonly access: string | undefined;
  /** The mode that the file keeps when it is replaced. */
  readonly mode: number;
  fingerprintOf(bytes: Uint8Array): string;
  /** The text of the file after a change. */
  textOf(changed: KeyFile): Promise<string>;
}

/** What is wrong with the form, for this command. */
export class FormFault extends Error {}

/**
 * @param service Given with `--service`.
 * @throws {SessionError} `HOLDFAST_KEYRING` for a file that is none.
 * @throws {FormFault} If the file and the service do not go together.
 */
export function openForm(path: string, disk: KeyFileOnDisk, service?: KeyService): KeyFileForm {
  if (isWrappedText(disk.text)) return wrappedForm(path, disk, service);
  const file = parseKeyFile(disk.text, path);
  if (service !== undefined) {
    throw new FormFault(
      `"${path}" is a plain key file, and --service is for wrapped ones. Leave it out, or move the keys: \`npx holdfast keys wrap ${path} NEW --service MODULE\`.`,
    );
  }
  return {
    file,
    access: accessOf(path, disk, "plain"),
    mode: 0o600,
    fingerprintOf: fingerprint,
    textOf: async (changed) => formatKeyFile(changed),
  };
}

// An administrator may work on the file of the user that the server runs as.
function accessOf(path: string, { stats }: KeyFileOnDisk, form: string): string | undefined {
  const mode = form === "plain" ? stats.mode : judgedMode(stats.mode, form);
  const userId = process.geteuid?.();
  return accessFault(path, { mode, uid: stats.uid }, userId === 0 ? stats.uid : userId);
}

function wrappedForm(path: string, disk: KeyFileOnDisk, service?: KeyService): KeyFileForm {
  const wrapped = parseWrappedFile(disk.text, path);
  const other = service === undefined ? undefined : otherService(wrapped, service, path);
  if (other !== undefined) throw new FormFault(`${other}.`);
  /** What the service made of the bytes, by the bytes that stand for it. */
  const known = new Map<Uint8Array, WrappedBytes>();
  const standIn = ({ wrapped: text = "", fingerprint: print = "" }: Partial<WrappedBytes>) => {
    const bytes = Buffer.from(text);
    known.set(bytes, { wrapped: text, fingerprint: print });
    return bytes;
  };
  const { longestSessionSeconds, keys, index, ring } = wrapped;
  const file: KeyFile = {
    longestSessionSeconds,
    keys: keys.map(({ wrapped: text, fingerprint: print, ...key }) =>
      text === undefined
        ? key
        : { ...key, bytes: standIn({ wrapped: text, fingerprint: print ?? "" }) },
    ),
    index: index.map(({ wrapped: text, fingerprint: print, ...key }) => ({
      ...key,
      bytes: standIn({ wrapped: text, fingerprint: print }),
    })),
  };
  const isNew = ({ bytes }: { readonly bytes?: Uint8Array | undefined }): boolean =>
    bytes !== undefined && !known.has(bytes);
  return {
    file,
    wrapped,
    access: accessOf(path, disk, wrapped.service),
    // What others may read of it, they still may: a server of another user would miss the next key.
    mode: 0o600 | (disk.stats.mode ^ judgedMode(disk.stats.mode, wrapped.service)),
    fingerprintOf: (bytes) => known.get(bytes)?.fingerprint ?? fingerprint(bytes),
    async textOf(changed) {
      const hasNew = [...changed.keys, ...changed.index].some(isNew);
      if (hasNew && service === undefined) {
        throw new FormFault(
          `"${path}" was wrapped by ${wrapped.service} (${wrapped.serviceKey}), which must wrap the new key too: name a module that exports it as \`keyService\` with --service MODULE.`,
        );
      }
      if (!hasNew || service === undefined)
        return formatWrappedFile(rearranged(changed, wrapped, known));
      const next = await withinDeadline(service, SERVICE_SECONDS, async (signal) => {
        const [sample] = wrapped.keys.filter(({ state }) => state === "current");
        if (sample?.wrapped !== undefined) {
          await service.join?.(sample.wrapped, contextOf(ring, sample), signal);
        }
        return wrapKeys(changed, service, signal, ring, known);
      });
      return checkedText(next, service);
    },
  };
}

/** Nothing is new: the file as it was, in its new order and states. */
function rearranged(
  { longestSessionSeconds, keys, index }: KeyFile,
  before: WrappedKeyFile,
  known: ReadonlyMap<Uint8Array, WrappedBytes>,
): WrappedKeyFile {
  return {
    ...before,
    longestSessionSeconds,
    keys: keys.map(({ bytes, ...key }) => ({ ...key, ...(bytes && known.get(bytes)) })),
    index: index.map(({ bytes, ...key }) => ({ ...key, ...(known.get(bytes) as WrappedBytes) })),
  };
}

/** What a service made may be no text for a file: told before it is written, not when servers start. */
function checkedText(file: WrappedKeyFile, { name }: KeyService): string {
  const text = formatWrappedFile(file);
  parseWrappedFile(text, `what the key service ${name} made`);
  return text;
}

/** The text of a new wrapped file with the keys of a plain one. */
export async function wrappedText(file: KeyFile, service: KeyService): Promise<string> {
  const wrapped = await withinDeadline(service, SERVICE_SECONDS, (signal) =>
    wrapKeys(file, service, signal),
  );
  return checkedText(wrapped, service);
}

/** The ring of a wrapped file with its bytes, to be wrapped anew. */
export async function openedFile(form: KeyFileForm, service: KeyService): Promise<KeyFile> {
  const { file, wrapped } = form;
  const opened = new Map<string, Uint8Array>();
  if (wrapped !== undefined) {
    await withinDeadline(service, SERVICE_SECONDS, (signal) =>
      openMembers(service, wrapped, opened, signal),
    );
  }
  // The bytes of the form stand for what is in the file, which is text.
  const bytesOf = (standIn: Uint8Array) =>
    opened.get(Buffer.from(standIn).toString()) as Uint8Array;
  return {
    ...file,
    keys: file.keys.map((key) => (key.bytes ? { ...key, bytes: bytesOf(key.bytes) } : key)),
    index: file.index.map((key) => ({ ...key, bytes: bytesOf(key.bytes) })),
  };
}
