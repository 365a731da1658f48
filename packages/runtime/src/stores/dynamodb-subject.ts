/**
 * How sessions of a subject begin and end together in the DynamoDB store, without a transaction.
 *
 * A session counts once its `pending` is gone. Its `create` reads the checkpoint, writes the session as pending
 * and an entry, both under that checkpoint, reads the checkpoint again, and only if it is the same takes
 * `pending` away. A removal replaces the checkpoint, lists the entries, reads the checkpoint, and then
 * removes what is listed under any other. Values of checkpoints are random and do not come again, so:
 *
 * - An entry that is listed under another checkpoint than the present one belongs to a `create` that reads
 *   the checkpoint afterwards, and finds it changed, or that has read it, and so has written its
 *   session before, where the removal finds it.
 * - An entry that is not listed was written after the checkpoint was replaced: its `create` finds that, or
 *   began after it.
 * - An entry under the present checkpoint belongs to a `create` that began after the replacement, and stays.
 *
 * A session is deleted before its entry, so that a removal that breaks off can be done again. An entry without
 * a session is harmless, and so is a pending session: both are swept.
 *
 * Clients send a call again when its answer was lost, and a call that was given up may arrive late. So
 * every write names what it expects, and changes nothing when it comes a second time.
 * @module
 */
import { randomBytes } from "node:crypto";
import {
  type DynamodbExpression,
  type DynamodbItem,
  type DynamodbTable,
  text,
} from "./dynamodb-client.ts";
import {
  checkpointAt,
  checkpointUse,
  ENTRY_PREFIX,
  entryAt,
  entryItem,
  isThere,
  keyIn,
  placeholders,
  recordOf,
  SUBJECT_PREFIX,
  sessionAt,
  sessionItem,
  setting,
  storedOf,
} from "./dynamodb-item.ts";
import type {
  CreateOptions,
  DeleteSubjectOptions,
  RemovedSession,
  SessionRecord,
  StoredSession,
  StoreKey,
  SubjectKey,
} from "./store.ts";

/** Calls that one operation has under way at most. */
const PARALLEL = 16;

/** Takes the step for each, a few at a time. */
export async function forEach<T, R>(
  values: readonly T[],
  step: (value: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < values.length; at += PARALLEL) {
    results.push(...(await Promise.all(values.slice(at, at + PARALLEL).map(step))));
  }
  return results;
}

/** Draws a checkpoint unless there is one. @returns The present one. */
export async function useCheckpoint(
  table: DynamodbTable,
  subjectKey: SubjectKey,
  now: number,
): Promise<string> {
  const use = checkpointUse(subjectKey, now);
  const fresh = randomBytes(16).toString("base64url");
  const updated = await table.update(
    checkpointAt(subjectKey),
    `${setting(use)}, drawn = if_not_exists(drawn, :fresh)`,
    { values: { ...placeholders(use), ":fresh": text(fresh) }, isAnswered: true },
  );
  return updated?.drawn?.S ?? fresh;
}

/** @returns Whether that is the present checkpoint. */
async function useGivenCheckpoint(
  table: DynamodbTable,
  subjectKey: SubjectKey,
  now: number,
  given: string,
): Promise<boolean> {
  const use = checkpointUse(subjectKey, now);
  const values = { ...placeholders(use), ":given": text(given) };
  const place = checkpointAt(subjectKey);
  return (
    (await table.update(place, setting(use), { only: "drawn = :given", values })) !== undefined
  );
}

async function presentCheckpoint(table: DynamodbTable, subjectKey: SubjectKey) {
  return (await table.get(checkpointAt(subjectKey), "drawn"))?.drawn?.S;
}

/** Creates a session of a subject; again from the start if the subject's sessions are removed meanwhile. */
export async function createForSubject(
  table: DynamodbTable,
  key: StoreKey,
  record: SessionRecord,
  subjectKey: SubjectKey,
  { now, checkpoint }: CreateOptions,
): Promise<"created" | "exists" | "revoked-meanwhile"> {
  for (;;) {
    if (checkpoint !== undefined) {
      const isPresent = await useGivenCheckpoint(table, subjectKey, now, checkpoint);
      if (!isPresent) return "revoked-meanwhile";
    }
    const drawn = checkpoint ?? (await useCheckpoint(table, subjectKey, now));
    const nonce = randomBytes(9).toString("base64url");
    if (!(await announce(table, key, record, drawn, nonce))) return "exists";
    await table.put(entryAt(subjectKey, key), entryItem(key, record, drawn, nonce));
    const isSame = (await presentCheckpoint(table, subjectKey)) === drawn;
    if (isSame && (await activate(table, key, nonce))) return "created";
    await table.remove(sessionAt(key), {
      only: "nonce = :nonce AND attribute_exists(pending)",
      values: { ":nonce": text(nonce) },
    });
    await removeEntry(table, subjectKey, key, nonce);
  }
}

/** @returns Whether the session that is there is ours: a call that is sent again is refused by itself. */
async function announce(
  table: DynamodbTable,
  key: StoreKey,
  record: SessionRecord,
  drawn: string,
  nonce: string,
): Promise<boolean> {
  const marks = { drawn: text(drawn), nonce: text(nonce), pending: text("1") };
  const item = { ...sessionItem(key, record), ...marks };
  if (await table.put(sessionAt(key), item, "attribute_not_exists(pk)")) return true;
  return (await table.get(sessionAt(key), "nonce"))?.nonce?.S === nonce;
}

async function activate(table: DynamodbTable, key: StoreKey, nonce: string): Promise<boolean> {
  const activated = await table.update(sessionAt(key), "REMOVE pending", {
    only: "nonce = :nonce AND attribute_exists(pending)",
    values: { ":nonce": text(nonce) },
  });
  if (activated !== undefined) return true;
  const there = await table.get(sessionAt(key), "nonce, pending");
  return isThere(there) && there.nonce?.S === nonce;
}

async function removeEntry(
  table: DynamodbTable,
  subjectKey: SubjectKey,
  key: StoreKey,
  nonce: string,
): Promise<void> {
  const values = { ":nonce": text(nonce) };
  await table.remove(entryAt(subjectKey, key), { only: "nonce = :nonce", values });
}

/**
 * Removes the entry of a session that was just deleted. Not that of a pending one: its `create` may write
 * the entry yet, and nothing would tell that which it then has from the one it had.
 */
export async function removeEntryOf(table: DynamodbTable, session: DynamodbItem): Promise<void> {
  const nonce = session.nonce?.S;
  if (nonce === undefined || !isThere(session)) return;
  const { subjectKey } = recordOf(session);
  if (subjectKey === null) return;
  await removeEntry(table, subjectKey, keyIn(session.pk?.S ?? ""), nonce);
}

interface Entry {
  readonly key: StoreKey;
  readonly handle: string;
  readonly drawn: string;
  readonly nonce: string;
}

async function entriesOf(table: DynamodbTable, subjectKey: SubjectKey): Promise<readonly Entry[]> {
  const where = "pk = :pk AND begins_with(sk, :entries)";
  const values = { ":pk": text(SUBJECT_PREFIX + subjectKey), ":entries": text(ENTRY_PREFIX) };
  const entries: Entry[] = [];
  let page = await table.query({ where, values });
  for (;;) {
    for (const { sk, handle, drawn, nonce } of page.items) {
      const key = keyIn(sk?.S ?? "");
      entries.push({ key, handle: handle?.S ?? "", drawn: drawn?.S ?? "", nonce: nonce?.S ?? "" });
    }
    if (page.next === undefined) return entries;
    page = await table.query({ where, values }, page.next);
  }
}

/** Entries without a session stay: that may be of a `create` under way. */
export async function listSubject(
  table: DynamodbTable,
  subjectKey: SubjectKey,
): Promise<readonly StoredSession[]> {
  const entries = await entriesOf(table, subjectKey);
  const items = await forEach(entries, ({ key }) => table.get(sessionAt(key)));
  return items.filter(isThere).map(storedOf);
}

/** Replaces the checkpoint; where there is none, none is in use. */
async function replaceCheckpoint(table: DynamodbTable, subjectKey: SubjectKey): Promise<void> {
  const present = await presentCheckpoint(table, subjectKey);
  if (present === undefined) return;
  const fresh = text(randomBytes(16).toString("base64url"));
  // Refused where another removal has replaced it since, which does for both.
  await table.update(checkpointAt(subjectKey), "SET drawn = :fresh", {
    only: "drawn = :present",
    values: { ":fresh": fresh, ":present": text(present) },
  });
}

/** Removes the sessions of a subject, but for one handle, and replaces or forgets its checkpoint. */
export async function deleteSubject(
  table: DynamodbTable,
  subjectKey: SubjectKey,
  { except, forget = false }: DeleteSubjectOptions,
): Promise<readonly RemovedSession[]> {
  if (forget) await table.remove(checkpointAt(subjectKey));
  else await replaceCheckpoint(table, subjectKey);
  const entries = await entriesOf(table, subjectKey);
  const present = await presentCheckpoint(table, subjectKey);
  const isOlder: DynamodbExpression =
    present === undefined
      ? { only: "attribute_exists(drawn)" }
      : { only: "drawn <> :present", values: { ":present": text(present) } };
  const doomed = entries.filter(({ drawn, handle }) => drawn !== present && handle !== except);
  const removed = await forEach(doomed, async ({ key, handle, nonce }) => {
    const session = await table.remove(sessionAt(key), isOlder);
    // What was not removed is gone, or has begun since and is listed by this entry if it came late.
    const isGone =
      session !== undefined || (await table.get(sessionAt(key), "nonce")) === undefined;
    if (isGone) await removeEntry(table, subjectKey, key, nonce);
    return isThere(session) ? [{ key, handle }] : [];
  });
  return removed.flat();
}
