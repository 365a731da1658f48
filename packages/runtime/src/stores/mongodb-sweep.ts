/**
 * One batch of the sweep of the MongoDB store: found by an index, removed or postponed by number.
 * @module
 */
import type { MongodbCollection, MongodbDocument } from "./mongodb-client.ts";
import { ACTIVE, PENDING } from "./mongodb-document.ts";
import { CHECKPOINT_SECONDS, SWEEP_DELAY_SECONDS } from "./store.ts";

const among = (documents: readonly MongodbDocument[]) => ({
  _id: { $in: documents.map(({ _id }) => _id) },
});

/** @param limit The most documents of either collection to look at. */
export async function sweepMongodb(
  sessions: MongodbCollection,
  subjects: MongodbCollection,
  now: number,
  limit: number,
): Promise<{ readonly removed: number; readonly done: boolean }> {
  const deadBefore = now - SWEEP_DELAY_SECONDS * 1000;
  const due = { sweepAt: { $lt: deadBefore } };
  const projection = { v: 1, idleAt: 1, endsAt: 1 } as const;
  const found = await sessions.find(due, { projection, sort: { sweepAt: 1 }, limit }).toArray();
  const abandoned: MongodbDocument[] = [];
  const dead: MongodbDocument[] = [];
  const alive: MongodbDocument[] = [];
  for (const document of found) {
    const { v, idleAt, endsAt } = document;
    if (v === undefined) abandoned.push(document);
    else if (Math.min(Number(idleAt), Number(endsAt)) < deadBefore) dead.push(document);
    else alive.push(document);
  }

  let removed = 0;
  // Each filter says again what was seen: another process may have changed it since.
  if (abandoned.length > 0) await sessions.deleteMany({ ...among(abandoned), ...PENDING, ...due });
  if (dead.length > 0) {
    const isStillDead = [{ idleAt: { $lt: deadBefore } }, { endsAt: { $lt: deadBefore } }];
    const { deletedCount } = await sessions.deleteMany({ ...among(dead), $or: isStillDead });
    removed = deletedCount;
  }
  if (alive.length > 0) {
    // Computed by the server from what is there now: a tombstone may have come meanwhile.
    const next = { $min: ["$idleAt", "$endsAt"] };
    await sessions.updateMany({ ...among(alive), ...ACTIVE }, [{ $set: { sweepAt: next } }]);
  }
  const noneUnused = await removeUnused(subjects, now - CHECKPOINT_SECONDS * 1000, limit);
  return { removed, done: found.length < limit && noneUnused };
}

async function removeUnused(
  subjects: MongodbCollection,
  unusedSince: number,
  limit: number,
): Promise<boolean> {
  const unused = { usedAt: { $lt: unusedSince } };
  const projection = { _id: 1 } as const;
  const found = await subjects.find(unused, { projection, sort: { usedAt: 1 }, limit }).toArray();
  if (found.length > 0) await subjects.deleteMany({ ...among(found), ...unused });
  return found.length < limit;
}
