/**
 * A store as the next release might have it: it writes records of a format that this one does not.
 * @module
 */
import { RECORD_FORMAT, type SessionRecord, type SessionStore } from "holdfast/stores/store";

/** What the made-up next release writes. */
export const NEWER_FORMAT: number = RECORD_FORMAT + 1;

/** Writes {@link NEWER_FORMAT}, and shows its own engine the format that it knows. */
export function newerStore(inner: SessionStore): SessionStore {
  const written = (record: SessionRecord) => ({ ...record, format: NEWER_FORMAT });
  const read = (record: SessionRecord) => ({ ...record, format: RECORD_FORMAT });
  return {
    ...inner,
    async get(key) {
      const record = await inner.get(key);
      return record && read(record);
    },
    create: (key, record, options) => inner.create(key, written(record), options),
    put: (key, record) => inner.put(key, written(record)),
    async listSubject(subjectKey) {
      const found = await inner.listSubject(subjectKey);
      return found.map(({ key, record }) => ({ key, record: read(record) }));
    },
  };
}
