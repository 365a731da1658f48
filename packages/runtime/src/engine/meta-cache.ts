/**
 * Remembers what meta boxes said, so that a busy session's is not opened again with every request.
 * Only for meta boxes, which the server may open at any time; data boxes are opened each time.
 * @module
 */
import type { SessionRecord, StoreKey } from "../stores/store.ts";
import type { Meta } from "./meta.ts";

const MAX_ENTRIES = 10_000;

export interface MetaCache {
  /** What was remembered for exactly this record's box and the fields that it is bound to. */
  get(key: StoreKey, record: SessionRecord): Meta | undefined;
  set(key: StoreKey, record: SessionRecord, meta: Meta): void;
}

export function createMetaCache(): MetaCache {
  const entries = new Map<StoreKey, { readonly bound: MetaBound; readonly meta: Meta }>();
  return {
    get(key, record) {
      const entry = entries.get(key);
      return entry !== undefined && isSameBox(entry.bound, record) ? entry.meta : undefined;
    },
    set(key, record, meta) {
      if (entries.size >= MAX_ENTRIES) {
        const [oldest = ""] = entries.keys();
        entries.delete(oldest);
      }
      // Not the record itself: its data box may be large.
      const { handle, subjectKey, createdAt, absoluteExpiresAt } = record;
      const bound = { handle, subjectKey, createdAt, absoluteExpiresAt, meta: record.meta };
      entries.set(key, { bound, meta });
    },
  };
}

/** Everything that decides whether the box opens, and as what: its bytes and its associated data. */
type MetaBound = Pick<
  SessionRecord,
  "handle" | "subjectKey" | "createdAt" | "absoluteExpiresAt" | "meta"
>;

function isSameBox(left: MetaBound, right: MetaBound): boolean {
  return (
    left.handle === right.handle &&
    left.subjectKey === right.subjectKey &&
    left.createdAt === right.createdAt &&
    left.absoluteExpiresAt === right.absoluteExpiresAt &&
    (left.meta === right.meta || Buffer.compare(left.meta, right.meta) === 0)
  );
}
