/**
 * Between a session record and the items of the DynamoDB store: which there are, and where they lie.
 * @module
 */
import { SessionError } from "../errors.ts";
import {
  type DynamodbAttribute,
  type DynamodbItem,
  type DynamodbKey,
  type DynamodbValues,
  numeral,
  text,
} from "./dynamodb-client.ts";
import {
  CHECKPOINT_SECONDS,
  type SessionRecord,
  type StoredSession,
  type StoreKey,
  type SubjectKey,
  SWEEP_DELAY_SECONDS,
} from "./store.ts";
import { packRecord, unpackRecord } from "./store-bytes.ts";

/*
 * Three kinds of items:
 *   pk "s#" + store key     sk "s"                a session
 *   pk "u#" + subject key   sk "s#" + store key   that the subject has the session: an entry
 *   pk "u#" + subject key   sk "c"                the subject's checkpoint
 * Their attributes:
 *   ver, idleAt, absoluteAt   of a session: version and deadlines
 *   packed                    of a session: all the rest
 *   nonce                     of a signed-in session and its entry: which `create` made them
 *   pending                   of a session that is not there yet: its `create` has not come to its end
 *   drawn                     of a checkpoint: its value; of an entry: the value that `create` found
 *   handle                    of an entry
 *   dueIn, dueAt              part and place in the index "due", which a sweep reads
 *   ttlAt                     when DynamoDB may delete the item, in seconds
 */

/** Name of the index that a sweep reads. */
export const DUE_INDEX = "due";

/** Parts of that index: DynamoDB writes 1000 items a second into each. */
export const DUE_PARTS = 8;

const SWEEP_DELAY_MS = SWEEP_DELAY_SECONDS * 1000;
const CHECKPOINT_MS = CHECKPOINT_SECONDS * 1000;

export const SESSION_PREFIX = "s#";
export const SUBJECT_PREFIX = "u#";
export const SESSION_SORT = "s";
export const ENTRY_PREFIX = "s#";
export const CHECKPOINT_SORT = "c";

export function sessionAt(key: StoreKey): DynamodbKey {
  return { pk: SESSION_PREFIX + key, sk: SESSION_SORT };
}

export function entryAt(subjectKey: SubjectKey, key: StoreKey): DynamodbKey {
  return { pk: SUBJECT_PREFIX + subjectKey, sk: ENTRY_PREFIX + key };
}

export function checkpointAt(subjectKey: SubjectKey): DynamodbKey {
  return { pk: SUBJECT_PREFIX + subjectKey, sk: CHECKPOINT_SORT };
}

/** What the key in a session's `pk`, or in an entry's `sk`, is. */
export function keyIn(place: string): StoreKey {
  return place.slice(SESSION_PREFIX.length);
}

/** Both kinds of keys are hashes behind their first digits, so that parts fill evenly. */
function dueIn(hexKey: string): DynamodbValues {
  return { dueIn: text(String(Number.parseInt(hexKey.slice(4, 12), 16) % DUE_PARTS)) };
}

export function ttlAt(deadline: number): DynamodbValues {
  return { ttlAt: numeral(Math.ceil((deadline + SWEEP_DELAY_MS) / 1000)) };
}

export function endOf(record: SessionRecord): number {
  return Math.min(record.idleExpiresAt, record.absoluteExpiresAt);
}

/** The attributes of a session that a `put` replaces, but for its idle deadline. */
export function changing(record: SessionRecord): DynamodbValues {
  return {
    ver: numeral(record.version),
    absoluteAt: numeral(record.absoluteExpiresAt),
    packed: { B: packRecord(record) },
  };
}

export function sessionItem(key: StoreKey, record: SessionRecord): DynamodbValues {
  const endsAt = endOf(record);
  return {
    ...changing(record),
    idleAt: numeral(record.idleExpiresAt),
    ...dueIn(key),
    dueAt: numeral(endsAt),
    ...ttlAt(endsAt),
  };
}

export function entryItem(
  key: StoreKey,
  record: SessionRecord,
  drawn: string,
  nonce: string,
): DynamodbValues {
  return {
    handle: text(record.handle),
    drawn: text(drawn),
    nonce: text(nonce),
    ...dueIn(key),
    dueAt: numeral(record.absoluteExpiresAt),
    ...ttlAt(record.absoluteExpiresAt),
  };
}

/** What a use of the checkpoint sets. A sweep looks for what was due {@link SWEEP_DELAY_SECONDS} ago. */
export function checkpointUse(subjectKey: SubjectKey, now: number): DynamodbValues {
  const dueAt = now + CHECKPOINT_MS - SWEEP_DELAY_MS;
  return { ...dueIn(subjectKey), dueAt: numeral(dueAt), ...ttlAt(dueAt) };
}

/** Whether the session's `create` has come to its end. */
export function isThere(item: DynamodbItem | undefined): item is DynamodbItem {
  return item !== undefined && item.pending === undefined;
}

/** @throws {SessionError} `HOLDFAST_STORE` if another release, or something else, wrote the item. */
export function recordOf({ packed, ver, idleAt }: DynamodbItem): SessionRecord {
  return unpackRecord(bytesOf(packed), numberOf(ver), numberOf(idleAt));
}

export function storedOf(item: DynamodbItem): StoredSession {
  return { key: keyIn(item.pk?.S ?? ""), record: recordOf(item) };
}

export function numberOf(attribute: DynamodbAttribute | undefined): number {
  const value = Number(attribute?.N);
  if (!Number.isSafeInteger(value)) throw unreadable();
  return value;
}

function bytesOf(attribute: DynamodbAttribute | undefined): Uint8Array {
  if (attribute?.B === undefined) throw unreadable();
  return attribute.B;
}

function unreadable(): SessionError {
  return new SessionError(
    "HOLDFAST_STORE",
    "an item in the table of dynamodbStore is not as this store writes them; was it written by a newer release, or by something else?",
  );
}

/** `SET` for every value, under placeholders of the same names. */
export function setting(values: DynamodbValues): string {
  return `SET ${Object.keys(values)
    .map((name) => `${name} = :${name}`)
    .join(", ")}`;
}

/** The same values under their placeholders. */
export function placeholders(values: DynamodbValues): DynamodbValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value]));
}
