/**
 * The part of the MongoDB driver that the store calls, and how it asks for reads and writes that last.
 * @module
 */
import { optionError } from "../errors.ts";

/** Bytes are `Buffer`s both ways; the store asks the driver for them. */
export type MongodbDocument = Readonly<Record<string, unknown>>;

/** How the store reads and writes; passed to every `collection`, so that settings of the `Db` do not count. */
export interface MongodbCollectionOptions {
  readonly readPreference: "primary";
  readonly readConcern: { readonly level: "local" };
  readonly writeConcern: {
    readonly w: "majority";
    readonly journal: true;
    readonly wtimeoutMS: number;
  };
  readonly promoteBuffers: true;
  readonly promoteValues: true;
  readonly promoteLongs: true;
  readonly useBigInt64: false;
  readonly raw: false;
}

/** @see MongodbDatabase */
export interface MongodbCollection {
  findOne(filter: MongodbDocument): Promise<MongodbDocument | null>;
  find(
    filter: MongodbDocument,
    options: {
      readonly projection?: Record<string, 1>;
      readonly sort?: Record<string, 1>;
      readonly limit?: number;
      readonly batchSize?: number;
    },
  ): { toArray(): Promise<MongodbDocument[]> };
  insertOne(document: MongodbDocument): Promise<unknown>;
  updateOne(
    filter: MongodbDocument,
    update: MongodbDocument,
  ): Promise<{ readonly matchedCount: number }>;
  updateMany(filter: MongodbDocument, update: MongodbDocument[]): Promise<unknown>;
  findOneAndUpdate(
    filter: MongodbDocument,
    update: MongodbDocument,
    options: {
      readonly upsert: true;
      readonly returnDocument: "after";
      readonly includeResultMetadata: false;
    },
  ): Promise<MongodbDocument | null>;
  deleteOne(filter: MongodbDocument): Promise<{ readonly deletedCount: number }>;
  deleteMany(filter: MongodbDocument): Promise<{ readonly deletedCount: number }>;
}

/** The part of `Db` of the package `mongodb` that is called. */
export interface MongodbDatabase {
  readonly readPreference: { readonly mode: string };
  collection(name: string, options: MongodbCollectionOptions): MongodbCollection;
  command(command: MongodbDocument): Promise<MongodbDocument>;
}

/** A majority that does not confirm within this long fails the call; the engine has given up long before. */
const CONFIRM_MILLISECONDS = 5000;

/**
 * `majority` and `journal`: a failover or a power failure undoes nothing that was confirmed. Reads are `local` on
 * the primary: they see the newest write, and wait for nobody.
 */
const COLLECTION_OPTIONS: MongodbCollectionOptions = {
  readPreference: "primary",
  readConcern: { level: "local" },
  writeConcern: { w: "majority", journal: true, wtimeoutMS: CONFIRM_MILLISECONDS },
  promoteBuffers: true,
  promoteValues: true,
  promoteLongs: true,
  useBigInt64: false,
  raw: false,
};

/** The collection that the store uses unless told otherwise. */
export const DEFAULT_COLLECTION = "holdfast_sessions";

const COLLECTION_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,54}$/;

/** The names of the store's collections. */
export interface MongodbNames {
  readonly sessions: string;
  readonly subjects: string;
}

/** @throws {SessionError} `HOLDFAST_OPTION` if the name is not plain. */
export function collectionNames(collection: string): MongodbNames {
  if (typeof collection !== "string" || !COLLECTION_NAME.test(collection)) {
    throw optionError(
      "collection",
      "must be 1 to 55 letters, digits and _, and not begin with a digit",
    );
  }
  return { sessions: collection, subjects: `${collection}_subjects` };
}

/** @throws {SessionError} `HOLDFAST_OPTION` if `db` is no `Db`, or one that reads from secondaries. */
export function checkDatabase(db: MongodbDatabase): void {
  // Read as `unknown`: a caller without types may pass anything.
  const given = db as Partial<MongodbDatabase> | null | undefined;
  if (typeof given?.collection !== "function" || typeof given.command !== "function") {
    throw optionError(
      "db",
      'must be a Db of the package "mongodb": pass client.db("name"), not the client or a collection',
    );
  }
  if (given.readPreference?.mode !== "primary") {
    throw optionError(
      "db",
      'reads from secondaries, which lag behind: a revoked session would go on; leave out "readPreference", or pass client.db("name", { readPreference: "primary" })',
    );
  }
}

export function openCollection(db: MongodbDatabase, name: string): MongodbCollection {
  return db.collection(name, COLLECTION_OPTIONS);
}

/** Codes of the server that the store tells apart. @see https://www.mongodb.com/docs/manual/reference/error-codes/ */
export const serverCodes = {
  unauthorized: 13,
  namespaceNotFound: 26,
  duplicateKey: 11_000,
} as const;

/** Whether the server itself answered this code; an error of the connection has another, or none. */
export function hasCode(error: unknown, code: number): boolean {
  return error instanceof Error && (error as { readonly code?: unknown }).code === code;
}
