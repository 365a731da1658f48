/**
 * DynamoDB store, for any number of machines in one region.
 * Takes a client of `@aws-sdk/client-dynamodb`; depends on nothing.
 * @module
 */
import { optionError } from "../errors.ts";
import { type DynamodbClient, numeral, tableOf } from "./dynamodb-client.ts";
import {
  changing,
  endOf,
  isThere,
  numberOf,
  placeholders,
  recordOf,
  sessionAt,
  sessionItem,
  setting,
  ttlAt,
} from "./dynamodb-item.ts";
import {
  createForSubject,
  deleteSubject,
  listSubject,
  removeEntryOf,
  useCheckpoint,
} from "./dynamodb-subject.ts";
import { checkTableName, DEFAULT_TABLE } from "./dynamodb-table.ts";
import { deleteAll, scanSessions, sweep } from "./dynamodb-upkeep.ts";
import {
  type CreateOptions,
  isTombstone,
  type RecordState,
  type SessionRecord,
  type SessionStore,
  type StoreKey,
} from "./store.ts";

export type {
  DynamodbAttribute,
  DynamodbClient,
  DynamodbItem,
  DynamodbValue,
  DynamodbValues,
} from "./dynamodb-client.ts";
export { type DynamodbTableDefinition, dynamodbTable } from "./dynamodb-table.ts";

/** Options of {@link dynamodbStore}. */
export interface DynamodbStoreOptions {
  /**
   * Table to use, created beforehand as {@link dynamodbTable} describes: 3 to 255 letters, digits, `_`, `.`
   * and `-`.
   * @default "holdfast_sessions"
   */
  readonly table?: string;
}

/** Conditions on a session whose `create` has come to its end. */
const AT_VERSION = "ver = :at AND attribute_not_exists(pending)";

/**
 * Keeps sessions in one table of DynamoDB. Every read is strongly consistent; a write is in several
 * availability zones when its promise resolves. Throttling and refused rights reject with the client's error.
 *
 * @param client A `DynamoDB` of `@aws-sdk/client-dynamodb`, the class that has a method for each command. It
 *   stays the caller's to destroy.
 * @throws {SessionError} `HOLDFAST_OPTION` if `client` is something else, or an option is unknown or wrong.
 * @example
 * import { DynamoDB } from "@aws-sdk/client-dynamodb";
 * const store = dynamodbStore(new DynamoDB({ region: "eu-central-1" }));
 */
export function dynamodbStore(
  client: DynamodbClient,
  options: DynamodbStoreOptions = {},
): SessionStore {
  const { table: name = DEFAULT_TABLE, ...unknown } = options;
  for (const option of Object.keys(unknown))
    throw optionError(option, "is not an option of dynamodbStore");
  const table = tableOf(client, checkTableName(name));

  async function remove(key: StoreKey, only?: RecordState): Promise<boolean> {
    const state = only && { ":at": numeral(only.version), ":idle": numeral(only.idleExpiresAt) };
    const removed = await table.remove(
      sessionAt(key),
      state === undefined
        ? { only: "attribute_not_exists(pending)" }
        : { only: `${AT_VERSION} AND idleAt = :idle`, values: state },
    );
    if (removed === undefined) return false;
    await removeEntryOf(table, removed);
    return true;
  }

  function add(key: StoreKey, record: SessionRecord, options: CreateOptions) {
    const { subjectKey } = record;
    if (subjectKey !== null) return createForSubject(table, key, record, subjectKey, options);
    if (options.checkpoint !== undefined) return "revoked-meanwhile";
    return table
      .put(sessionAt(key), sessionItem(key, record), "attribute_not_exists(pk)")
      .then((isNew) => (isNew ? "created" : "exists"));
  }

  return {
    name: "dynamodb",
    traits: {
      shared: "network",
      revocation: "durable",
      index: true,
      nativeExpiry: false,
      durable: true,
    },

    async get(key) {
      const item = await table.get(sessionAt(key));
      return isThere(item) ? recordOf(item) : undefined;
    },

    async create(key, record, options) {
      const outcome = await add(key, record, options);
      // Last: one that is refused must leave it, and one that breaks off before leaves it as it was.
      if (outcome === "created" && options.replaces !== undefined) await remove(options.replaces);
      return outcome;
    },

    async put(key, record) {
      const change = (only: string, values: ReturnType<typeof changing>, set = values) =>
        table.update(sessionAt(key), setting(set), {
          only,
          values: {
            ...placeholders(values),
            ":at": numeral(record.version - 1),
          },
        });
      const changed = changing(record);
      const endsAt = endOf(record);
      const idle = { idleAt: numeral(record.idleExpiresAt) };
      const deadlines = { ...idle, ...ttlAt(endsAt) };
      if (isTombstone(record)) {
        const all = { ...changed, ...deadlines, dueAt: numeral(endsAt) };
        return (await change(AT_VERSION, all)) !== undefined;
      }
      const replaced = { ...changed, ...deadlines };
      if ((await change(`${AT_VERSION} AND idleAt <= :idleAt`, replaced)) !== undefined)
        return true;
      // At one version the deadline only rises, so that between the two calls nothing slips through.
      const kept = { ...changed, ...idle };
      return (await change(`${AT_VERSION} AND idleAt > :idleAt`, kept, changed)) !== undefined;
    },

    async touch(key, version, idleExpiresAt) {
      const raised = { idleAt: numeral(idleExpiresAt), ...ttlAt(idleExpiresAt) };
      const touched = await table.update(sessionAt(key), setting(raised), {
        only: `${AT_VERSION} AND idleAt < :idleAt`,
        values: { ...placeholders(raised), ":at": numeral(version) },
      });
      if (touched !== undefined) return true;
      const item = await table.get(sessionAt(key), "ver, pending");
      return isThere(item) && numberOf(item.ver) === version;
    },

    delete: remove,

    listSubject: (subjectKey) => listSubject(table, subjectKey),

    deleteSubject: (subjectKey, options = {}) => deleteSubject(table, subjectKey, options),

    checkpoint: (subjectKey, now) => useCheckpoint(table, subjectKey, now),

    deleteAll: () => deleteAll(table),

    sweep: (now, limit) => sweep(table, now, limit),

    scan: (cursor, limit) => scanSessions(table, cursor, limit),

    close() {
      // The client is the caller's.
    },
  };
}
