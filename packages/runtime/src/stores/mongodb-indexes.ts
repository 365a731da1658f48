/**
 * The indexes of the MongoDB store, for whoever may create them. The store itself creates none.
 * @module
 */
import {
  checkDatabase,
  collectionNames,
  DEFAULT_COLLECTION,
  type MongodbDatabase,
  type MongodbNames,
} from "./mongodb-client.ts";

interface MongodbIndex {
  readonly key: Readonly<Record<string, 1>>;
  readonly name: string;
  readonly sparse?: true;
}

/**
 * By collection. None is over the idle deadline: a renewal writes no index. `sweepAt` is when a sweep should next look:
 * never later than the earlier deadline, and left behind by renewals.
 */
export function indexesOf({
  sessions,
  subjects,
}: MongodbNames): ReadonlyMap<string, readonly MongodbIndex[]> {
  return new Map([
    [
      sessions,
      [
        // Anonymous sessions have no such field, and so no entry.
        { key: { subject: 1 }, name: "by_subject", sparse: true },
        { key: { sweepAt: 1 }, name: "by_sweep" },
      ],
    ],
    [subjects, [{ key: { usedAt: 1 }, name: "by_use" }]],
  ]);
}

/**
 * Creates the indexes that are missing, and the collections with them. Running it again changes nothing. Needs the
 * action `createIndex`, which the account of the application need not have.
 *
 * @param collection The option of `mongodbStore`.
 * @throws {SessionError} `HOLDFAST_OPTION` if `db` is no `Db`, or `collection` no plain name.
 */
export async function mongodbIndexes(
  db: MongodbDatabase,
  collection: string = DEFAULT_COLLECTION,
): Promise<void> {
  checkDatabase(db);
  for (const [name, indexes] of indexesOf(collectionNames(collection))) {
    await db.command({ createIndexes: name, indexes });
  }
}
