/**
 * From keys to a wrapped key file: what the `holdfast keys` commands ask a key service for. Servers only open.
 * @module
 */
import { randomBytes } from "node:crypto";
import { fingerprint } from "../crypto/derive.ts";
import type { FileIndexKey, FileKey, KeyFile } from "../crypto/key-file.ts";
import type { KeyService, WrapContext } from "./key-service.ts";
import type { WrappedBytes, WrappedIndexKey, WrappedKey, WrappedKeyFile } from "./wrapped-file.ts";

/** What stays as it was wrapped, by the bytes that stand for it. */
export type KnownBytes = ReadonlyMap<Uint8Array, WrappedBytes>;

/**
 * Wraps the keys of a file that `known` does not hold.
 *
 * @param ring Of the file, if there is one already.
 */
export async function wrapKeys(
  { longestSessionSeconds, keys, index }: KeyFile,
  service: KeyService,
  signal: AbortSignal,
  ring: string = randomBytes(16).toString("hex"),
  known: KnownBytes = new Map(),
): Promise<WrappedKeyFile> {
  const wrap = async (bytes: Uint8Array, context: WrapContext): Promise<WrappedBytes> =>
    known.get(bytes) ?? {
      wrapped: await service.wrap(bytes, context, signal),
      fingerprint: fingerprint(bytes),
    };
  const wrapKey = async ({ bytes, ...key }: FileKey): Promise<WrappedKey> =>
    bytes === undefined
      ? key
      : { ...key, ...(await wrap(bytes, { ring, purpose: "key", number: key.number })) };
  const wrapIndexKey = async ({ bytes, ...key }: FileIndexKey): Promise<WrappedIndexKey> => ({
    ...key,
    ...(await wrap(bytes, { ring, purpose: "index" })),
  });
  return {
    ...{ service: service.name, serviceKey: service.key, ring, longestSessionSeconds },
    keys: await Promise.all(keys.map(wrapKey)),
    index: await Promise.all(index.map(wrapIndexKey)),
  };
}
