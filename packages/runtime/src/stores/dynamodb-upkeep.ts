/**
 * What the DynamoDB store does with all of its table: sweeps it by an index, deletes it, reads it in pages.
 * @module
 */
import {
  type DynamodbItem,
  type DynamodbKey,
  type DynamodbPage,
  type DynamodbTable,
  keyOf,
  numeral,
  text,
} from "./dynamodb-client.ts";
import {
  CHECKPOINT_SORT,
  DUE_INDEX,
  DUE_PARTS,
  isThere,
  numberOf,
  SESSION_PREFIX,
  SESSION_SORT,
  SUBJECT_PREFIX,
  storedOf,
} from "./dynamodb-item.ts";
import { forEach, removeEntryOf } from "./dynamodb-subject.ts";
import { type StorePage, SWEEP_DELAY_SECONDS } from "./store.ts";

const SESSIONS = "begins_with(pk, :sessions) AND sk = :session";
const SESSION_VALUES = { ":sessions": text(SESSION_PREFIX), ":session": text(SESSION_SORT) };
const CHECKPOINTS = "begins_with(pk, :subjects) AND sk = :checkpoint";
const CHECKPOINT_VALUES = {
  ":subjects": text(SUBJECT_PREFIX),
  ":checkpoint": text(CHECKPOINT_SORT),
};

/** Removes what is due, up to about `limit` items. */
export async function sweep(
  table: DynamodbTable,
  now: number,
  limit: number,
): Promise<{ readonly removed: number; readonly done: boolean }> {
  const deadBefore = now - SWEEP_DELAY_SECONDS * 1000;
  const parts = Array.from({ length: DUE_PARTS }, (_, part) => part);
  const pages = await forEach(parts, (part) =>
    table.query({
      index: DUE_INDEX,
      where: "dueIn = :part AND dueAt < :dead",
      values: { ":part": text(String(part)), ":dead": numeral(deadBefore) },
      limit: Math.ceil(limit / DUE_PARTS),
    }),
  );
  const due = pages.flatMap(({ items }) => items.map(keyOf));
  const removed = await forEach(due, (place) => sweepItem(table, place, deadBefore));
  return {
    removed: removed.filter(Boolean).length,
    done: pages.every(({ next }) => next === undefined),
  };
}

/** @returns Whether it was a session, and dead. */
async function sweepItem(
  table: DynamodbTable,
  place: DynamodbKey,
  deadBefore: number,
): Promise<boolean> {
  const values = { ":dead": numeral(deadBefore) };
  if (!place.pk.startsWith(SESSION_PREFIX)) {
    await table.remove(place, { only: "dueAt < :dead", values });
    return false;
  }
  const session = await table.remove(place, {
    only: "idleAt < :dead OR absoluteAt < :dead",
    values,
  });
  if (session !== undefined) {
    await removeEntryOf(table, session);
    return isThere(session);
  }
  // Renewals leave its place in the index behind, so that they write no index.
  const alive = await table.get(place, "idleAt, absoluteAt");
  if (alive === undefined) return false;
  const endsAt = Math.min(numberOf(alive.idleAt), numberOf(alive.absoluteAt));
  await table.update(place, "SET dueAt = :ends", {
    only: "attribute_exists(packed)",
    values: { ":ends": numeral(endsAt) },
  });
  return false;
}

/**
 * Removes every session, in two rounds over the table: without the checkpoints, which go first, each
 * `create` that is under way begins again.
 */
export async function deleteAll(table: DynamodbTable): Promise<number> {
  const checkpoints = { filter: CHECKPOINTS, values: CHECKPOINT_VALUES, fields: "pk, sk" };
  for await (const { items } of pagesOf(table, checkpoints)) {
    await forEach(items.map(keyOf), (place) => table.remove(place));
  }
  let removed = 0;
  const sessions = { filter: SESSIONS, values: SESSION_VALUES, fields: "pk, sk" };
  for await (const { items } of pagesOf(table, sessions)) {
    const gone = await forEach(items.map(keyOf), async (place) => {
      const session = await table.remove(place);
      if (session !== undefined) await removeEntryOf(table, session);
      return session;
    });
    removed += gone.filter(isThere).length;
  }
  return removed;
}

async function* pagesOf(
  table: DynamodbTable,
  scan: Parameters<DynamodbTable["scan"]>[0],
): AsyncGenerator<DynamodbPage> {
  let page = await table.scan(scan);
  yield page;
  while (page.next !== undefined) {
    page = await table.scan({ ...scan, after: page.next });
    yield page;
  }
}

/** One page of the sessions; `limit` counts what is looked at, entries and checkpoints among it. */
export async function scanSessions(
  table: DynamodbTable,
  cursor: string | undefined,
  limit: number,
): Promise<StorePage> {
  const { items, next } = await table.scan({
    filter: `${SESSIONS} AND attribute_not_exists(pending)`,
    values: SESSION_VALUES,
    limit,
    after: cursor === undefined ? undefined : placeOf(cursor),
  });
  const sessions = items.filter((item: DynamodbItem) => item.packed !== undefined).map(storedOf);
  return { sessions, next: next && JSON.stringify([next.pk, next.sk]) };
}

function placeOf(cursor: string): DynamodbKey {
  const [pk = "", sk = ""] = JSON.parse(cursor) as readonly string[];
  return { pk, sk };
}
