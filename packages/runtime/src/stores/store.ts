/**
 * The store contract: where sealed session records live between requests.
 * A store moves bytes, compares versions and raises deadlines; it never sees a token, a key, a cookie
 * or a subject, and it reads no clock: whoever calls it passes the instant.
 * @module
 */

/** A value, or a promise of one: a store over a synchronous driver need not make promises. */
export type Awaitable<T> = T | PromiseLike<T>;

/**
 * 68 lower-case hex digits: the bucket (4), then SHA-256 of the series (64).
 * Sessions of one subject share the bucket, which is also the first 4 digits of the subject key.
 */
export type StoreKey = string;

/** 64 lower-case hex digits: HMAC-SHA-256 of the subject under the index key. */
export type SubjectKey = string;

/** A secret that a rotation replaced. */
export interface RetiredSecret {
  /** SHA-256 of the secret, 32 bytes. */
  readonly hash: Uint8Array;
  /** `graceful`: still served for a while beside its successor; `dead`: refused at once. */
  readonly kind: "graceful" | "dead";
  readonly retiredAt: number;
  /** Instant from which the secret is no longer served; `null` while a graceful one is still open. */
  readonly until: number | null;
}

/** Bits of {@link SessionRecord.flags}. */
export const recordFlags = {
  /** The next request that presents the session rotates it (a change of rights). */
  rotationDue: 1,
  /** An anonymous session that was signed in from: only a second sign-in may read it. */
  tombstone: 2,
  /**
   * A copy that a move between stores has announced and not completed. The session is still elsewhere, or
   * gone: whoever reads this record takes it for absent.
   */
  pending: 4,
  /** The series of a remembered device: presented by a cookie of its own, and never a session itself. */
  series: 8,
} as const;

/** Whether a store has announced a session and not got it: it is elsewhere, or has ended. */
export function isPending(record: Pick<SessionRecord, "flags">): boolean {
  return (record.flags & recordFlags.pending) !== 0;
}

/** Whether an anonymous session was signed in from, or a remembered device's cookie was stolen. */
export function isTombstone(record: Pick<SessionRecord, "flags">): boolean {
  return (record.flags & recordFlags.tombstone) !== 0;
}

/** Whether the record is the series of a remembered device. */
export function isSeriesRecord(record: Pick<SessionRecord, "flags">): boolean {
  return (record.flags & recordFlags.series) !== 0;
}

/** The record format that this release writes. A newer one is served and never written back. */
export const RECORD_FORMAT = 1;

/** What a store keeps for one session. Stored and returned exactly, byte for byte. */
export interface SessionRecord {
  /** {@link RECORD_FORMAT} when written by this release. */
  readonly format: number;
  /** 1 when created, one more on every later `put`. */
  readonly version: number;
  /** Public name of the session, 20 characters of base64url. */
  readonly handle: string;
  /** Whose session it is; `null` while it is anonymous. Never changes. */
  readonly subjectKey: SubjectKey | null;
  /** SHA-256 of the current secret, 32 bytes. */
  readonly secretHash: Uint8Array;
  /** When the current secret was first presented; `null` until then. */
  readonly confirmedAt: number | null;
  /** When any secret of this session was first presented; `null` until then. */
  readonly presentedAt: number | null;
  /** At most four, newest first. */
  readonly retired: readonly RetiredSecret[];
  /** The successor, sealed under the previous secret; `null` unless a graceful rotation is open. */
  readonly successor: Uint8Array | null;
  readonly createdAt: number;
  readonly absoluteExpiresAt: number;
  readonly idleExpiresAt: number;
  /** Sum of {@link recordFlags}. */
  readonly flags: number;
  /** The last sixteen writes, newest first: 16 lower-case hex digits each. */
  readonly writeIds: readonly string[];
  /** The meta box. */
  readonly meta: Uint8Array;
  /** The data box. */
  readonly data: Uint8Array;
}

/** A record with the key it is kept under. */
export interface StoredSession {
  readonly key: StoreKey;
  readonly record: SessionRecord;
}

/** A session that a store just removed. */
export interface RemovedSession {
  readonly key: StoreKey;
  readonly handle: string;
}

/** What a store promises. Each claim has a case in the conformance suite that fails where it is false. */
export interface StoreTraits {
  /** Which processes see the same sessions. */
  readonly shared: "process" | "machine" | "network";
  /** `until-failover`: a failover of the server can bring back what was revoked just before. */
  readonly revocation: "durable" | "until-failover";
  /** Sessions of a subject can be listed and removed together. */
  readonly index: boolean;
  /** The server removes dead records by itself; `sweep` has nothing to do. */
  readonly nativeExpiry: boolean;
  /** Records survive the process that wrote them. */
  readonly durable: boolean;
}

/** @see SessionStore.create */
export interface CreateOptions {
  /** The current instant. */
  readonly now: number;
  /** What {@link SessionStore.checkpoint} answered before the password was checked. */
  readonly checkpoint?: string | undefined;
  /** A session of the same bucket to remove in the same atomic step. */
  readonly replaces?: StoreKey | undefined;
}

/** @see SessionStore.deleteSubject */
export interface DeleteSubjectOptions {
  /** Handle of the one session to keep. */
  readonly except?: string | undefined;
  /** Removes the checkpoint too, instead of replacing it: nothing of the subject is left. */
  readonly forget?: boolean | undefined;
}

/** What changes of a record while it is used: its version with a `put`, its idle deadline with a `touch`. */
export type RecordState = Pick<SessionRecord, "version" | "idleExpiresAt">;

/** @see SessionStore.scan */
export interface StorePage {
  readonly sessions: readonly StoredSession[];
  /** Where to go on; `undefined` when everything was answered. */
  readonly next: string | undefined;
}

/** What of the server's set-up breaks a promise of the store. */
export interface StoreProblem {
  /**
   * `evicts`: records are dropped when memory is full, and with them the index. `replicas`: replicas do not
   * confirm what was revoked. `not-durable`: a power failure loses what was confirmed. `read-only`: a server
   * that takes no writes. `schema`: tables of another release. `unverified`: the store may not look.
   */
  readonly problem: "evicts" | "replicas" | "not-durable" | "read-only" | "schema" | "unverified";
  /** What follows from it and what to change, in one sentence. */
  readonly explanation: string;
}

/** Dead records stay this long past their deadline, so that a fast clock deletes nothing alive. */
export const SWEEP_DELAY_SECONDS = 300;

/** A checkpoint is kept this long beyond its last use. */
export const CHECKPOINT_SECONDS = 3600;

/**
 * Methods reject, or throw, with the client's own error; the engine wraps it. Every method is atomic by itself.
 * For one subject, `create`, `deleteSubject` and `checkpoint` are serialised: a session whose `create`
 * has returned is seen by the next `listSubject` and `deleteSubject`.
 */
export interface SessionStore {
  /** Names the store in events and errors: `memory`, `sqlite`. */
  readonly name: string;
  readonly traits: StoreTraits;
  /** The record, dead or alive; `undefined` if it is unknown. */
  get(key: StoreKey): Awaitable<SessionRecord | undefined>;
  /**
   * Inserts a record, indexed by its subject: at version 1, or at any up to 2^47 where it moves here from another store.
   *
   * @returns `exists`, changing nothing, if the key is taken; `revoked-meanwhile`, changing nothing, if
   *   `checkpoint` is given and is not the subject's present one.
   */
  create(
    key: StoreKey,
    record: SessionRecord,
    options: CreateOptions,
  ): Awaitable<"created" | "exists" | "revoked-meanwhile">;
  /**
   * Replaces exactly version `record.version - 1`. The later of the stored and the given
   * `idleExpiresAt` is kept, except that a tombstone keeps its own.
   *
   * @returns `false`, changing nothing, if another version or no record is there: a slow request
   *   must not bring a revoked session back (ASVS 5.0, 7.4.1).
   */
  put(key: StoreKey, record: SessionRecord): Awaitable<boolean>;
  /**
   * Raises the idle deadline of exactly this version, and changes nothing else; a lower one changes nothing.
   *
   * @returns `false` if another version or no record is there.
   */
  touch(key: StoreKey, version: number, idleExpiresAt: number): Awaitable<boolean>;
  /**
   * @param only Deletes the record only in exactly this state.
   * @returns `false` if the key is unknown, or in another state: neither is an error.
   */
  delete(key: StoreKey, only?: RecordState): Awaitable<boolean>;
  /** Every record of the subject, dead or alive, in no particular order. */
  listSubject(subjectKey: SubjectKey): Awaitable<readonly StoredSession[]>;
  /**
   * Removes the subject's sessions and replaces its checkpoint, in one atomic step.
   *
   * @returns The sessions removed.
   */
  deleteSubject(
    subjectKey: SubjectKey,
    options?: DeleteSubjectOptions,
  ): Awaitable<readonly RemovedSession[]>;
  /**
   * A random value that stays until the subject's sessions are next removed together; made when first
   * asked for, kept for {@link CHECKPOINT_SECONDS} beyond its last use.
   */
  checkpoint(subjectKey: SubjectKey, now: number): Awaitable<string>;
  /** Removes every session and every checkpoint. @returns How many sessions. */
  deleteAll(): Awaitable<number>;
  /**
   * Looks at no more than about `limit` records and removes those past a deadline by more than
   * {@link SWEEP_DELAY_SECONDS}, and checkpoints that were not used for {@link CHECKPOINT_SECONDS}.
   *
   * @returns How many sessions were removed, and whether the end was reached.
   */
  sweep(
    now: number,
    limit: number,
  ): Awaitable<{ readonly removed: number; readonly done: boolean }>;
  /**
   * Part of everything that is kept, for copying it elsewhere. A record that is there from the first call
   * to the last is answered at least once.
   *
   * @param cursor `next` of the answer before; `undefined` begins.
   * @param limit About how many to answer: 1 or more.
   */
  scan?(cursor: string | undefined, limit: number): Awaitable<StorePage>;
  /**
   * Called once at start-up. The store reports, then and later, what of the server's set-up breaks a
   * promise of its own.
   */
  watch?(report: (problem: StoreProblem) => void): void;
  /** The store's own clock, where it is another machine's: compared with ours at start-up. */
  clock?(): Awaitable<number>;
  /** Releases what the store itself opened; the client that was passed in stays the caller's. */
  close(): Awaitable<void>;
}
