/**
 * Records to fill a store with. Their bytes are made up, and open nothing.
 * @module
 */
import {
  RECORD_FORMAT,
  type SessionRecord,
  type StoredSession,
  type SubjectKey,
} from "../stores/store.ts";
import { sampleNow } from "./fake-clock.ts";

const SAMPLE_BUCKET = "00ff";

/** The key of the `n`th made-up subject; each lies in a bucket of its own. */
export function sampleSubject(n: number): SubjectKey {
  return n.toString(16).padStart(4, "0").padEnd(64, "5");
}

/** An anonymous session of version 1, idle for at most 30 minutes from {@link sampleNow}. */
export function sampleRecord(overrides: Partial<SessionRecord> = {}): SessionRecord {
  return {
    format: RECORD_FORMAT,
    version: 1,
    handle: "sample-handle-000000",
    subjectKey: null,
    secretHash: new Uint8Array(32).fill(0xa5),
    confirmedAt: null,
    presentedAt: null,
    retired: [],
    successor: null,
    createdAt: sampleNow,
    absoluteExpiresAt: sampleNow + 43_200_000,
    idleExpiresAt: sampleNow + 1_800_000,
    flags: 0,
    writeIds: ["0123456789abcdef"],
    meta: Uint8Array.of(1, 2, 3),
    data: Uint8Array.of(4, 5, 6, 7),
    ...overrides,
  };
}

/** The `n`th session: a {@link sampleRecord} with a handle of its own, under a key in its subject's bucket. */
export function sampleSession(n: number, overrides: Partial<SessionRecord> = {}): StoredSession {
  const handle = `sample-handle-${String(n).padStart(6, "0")}`;
  const record = sampleRecord({ handle, ...overrides });
  const bucket = record.subjectKey?.slice(0, 4) ?? SAMPLE_BUCKET;
  return { key: bucket + n.toString(16).padStart(8, "0").padEnd(64, "c"), record };
}
