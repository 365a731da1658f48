/**
 * What of the server's set-up breaks a promise of the MongoDB store.
 * @module
 */
import {
  hasCode,
  type MongodbDatabase,
  type MongodbDocument,
  type MongodbNames,
  serverCodes,
} from "./mongodb-client.ts";
import { indexesOf } from "./mongodb-indexes.ts";
import type { StoreProblem } from "./store.ts";
import { type StoreWatch, watchOnce } from "./store-watch.ts";

export function mongodbWatch(db: MongodbDatabase, names: MongodbNames): StoreWatch {
  async function look(): Promise<readonly StoreProblem[]> {
    const { isWritablePrimary } = await db.command({ hello: 1 });
    if (isWritablePrimary !== true) return [READ_ONLY];
    for (const [name, indexes] of indexesOf(names)) {
      const present = await indexNames(db, name);
      if (indexes.some((index) => !present.has(index.name))) return [NO_INDEXES];
    }
    return [];
  }

  return watchOnce(look, (error) =>
    hasCode(error, serverCodes.unauthorized) ? UNVERIFIED : undefined,
  );
}

async function indexNames(db: MongodbDatabase, name: string): Promise<ReadonlySet<unknown>> {
  try {
    const { cursor } = await db.command({ listIndexes: name });
    const { firstBatch } = cursor as { readonly firstBatch: readonly MongodbDocument[] };
    return new Set(firstBatch.map((index) => index.name));
  } catch (error) {
    if (hasCode(error, serverCodes.namespaceNotFound)) return new Set();
    throw error;
  }
}

const READ_ONLY: StoreProblem = {
  problem: "read-only",
  explanation:
    "the server is not a primary, and takes no writes: no session can be written; connect to the replica set instead of one member, without directConnection",
};

const NO_INDEXES: StoreProblem = {
  problem: "schema",
  explanation:
    "indexes are missing: signing out everywhere and every sweep read the whole collection; run mongodbIndexes of holdfast/stores/mongodb once",
};

const UNVERIFIED: StoreProblem = {
  problem: "unverified",
  explanation:
    "the store's account may not list the indexes of its collections; grant it listIndexes on both",
};
