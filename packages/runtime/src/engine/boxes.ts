/**
 * The two boxes of a record: what the application put into the session, and what the server must know
 * while the browser is absent.
 * @module
 */
import type { BoxContext, BoxFault } from "../crypto/box.ts";
import { boxKeyNumber, openBox, sealBox } from "../crypto/box.ts";
import type { TokenSeries } from "../crypto/token.ts";
import type { SessionRecord, StoreKey } from "../stores/store.ts";
import type { Core } from "./core.ts";
import type { Meta } from "./meta.ts";
import type { Contents } from "./values.ts";
import { readContents } from "./values.ts";

/** What the boxes of a record are bound to, beside its key. */
export type BoxBound = Pick<
  SessionRecord,
  "handle" | "subjectKey" | "createdAt" | "absoluteExpiresAt"
>;

/** What the boxes of a record are bound to. */
export function contextOf(storeKey: StoreKey, record: BoxBound): BoxContext {
  const { handle, subjectKey, createdAt, absoluteExpiresAt } = record;
  return { storeKey, handle, subjectKey, createdAt, absoluteExpiresAt };
}

export function sealMeta(core: Core, key: StoreKey, record: BoxBound, meta: Meta): Buffer {
  const { current } = core.options.keyring;
  return sealBox("meta", current, key, contextOf(key, record), JSON.stringify(meta));
}

/** @returns What the box says, or why it cannot be read. Remembered, since most requests ask again. */
export function openMeta(core: Core, key: StoreKey, record: SessionRecord): Meta | BoxFault {
  const { keyring } = core.options;
  const known = core.metaCache.get(key, record);
  if (known !== undefined && typeof keyring.find(boxKeyNumber(record.meta)) === "object") {
    return known;
  }
  const text = openBox("meta", keyring, key, contextOf(key, record), record.meta);
  if (typeof text === "string") return text;
  const meta = Object.freeze(JSON.parse(text.toString()) as Meta);
  core.metaCache.set(key, record, meta);
  return meta;
}

/** @param text The contents as `checkedText` made them. */
export function sealData(
  core: Core,
  key: StoreKey,
  { series }: TokenSeries,
  record: BoxBound,
  text: string,
): Buffer {
  const { current } = core.options.keyring;
  return sealBox("data", current, series, contextOf(key, record), text);
}

/** @returns The contents and their text, or why they cannot be read. */
export function openData(
  core: Core,
  key: StoreKey,
  { series }: TokenSeries,
  record: SessionRecord,
): { readonly contents: Contents; readonly text: string } | BoxFault {
  const { keyring, codec } = core.options;
  const opened = openBox("data", keyring, series, contextOf(key, record), record.data);
  if (typeof opened === "string") return opened;
  const text = opened.toString();
  return { contents: readContents(text, codec), text };
}

/** Seals the successor of a secret so that only a holder of that secret, with our keys, can read it. */
export function sealSuccessor(
  core: Core,
  key: StoreKey,
  record: BoxBound,
  previous: Uint8Array,
  successor: Uint8Array,
): Buffer {
  const { current } = core.options.keyring;
  return sealBox("successor", current, previous, contextOf(key, record), successor);
}

export function openSuccessor(
  core: Core,
  key: StoreKey,
  record: SessionRecord,
  previous: Uint8Array,
): Buffer | BoxFault {
  if (record.successor === null) return "tampered";
  return openBox(
    "successor",
    core.options.keyring,
    previous,
    contextOf(key, record),
    record.successor,
  );
}
