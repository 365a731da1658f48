/**
 * What the DynamoDB store needs of its client, and calls on one table: every read strongly consistent, a
 * condition that does not hold an answer instead of an error. Knows no session.
 * @module
 */
import { optionError, SessionError } from "../errors.ts";

/** A value to write. */
export type DynamodbValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array };

/** A value as it comes back. */
export interface DynamodbAttribute {
  readonly S?: string | undefined;
  readonly N?: string | undefined;
  readonly B?: Uint8Array | undefined;
}

/** What to write, by attribute. */
export type DynamodbValues = Record<string, DynamodbValue>;

/** What came back, by attribute. */
export type DynamodbItem = Readonly<Record<string, DynamodbAttribute>>;

interface Keyed {
  TableName: string;
  Key: DynamodbValues;
}

interface Conditional {
  ConditionExpression?: string;
  ExpressionAttributeValues?: DynamodbValues;
}

interface Paged {
  TableName: string;
  ConsistentRead: boolean;
  ExclusiveStartKey?: DynamodbValues;
  ExpressionAttributeValues: DynamodbValues;
  Limit?: number;
  ProjectionExpression?: string;
}

interface PageAnswer {
  readonly Items?: readonly DynamodbItem[] | undefined;
  readonly LastEvaluatedKey?: DynamodbItem | undefined;
}

interface ChangeAnswer {
  readonly Attributes?: DynamodbItem | undefined;
}

/** The part of the class `DynamoDB` of `@aws-sdk/client-dynamodb` that the store calls. */
export interface DynamodbClient {
  getItem(
    input: Keyed & { ConsistentRead: boolean; ProjectionExpression?: string },
  ): Promise<{ readonly Item?: DynamodbItem | undefined }>;
  putItem(input: Conditional & { TableName: string; Item: DynamodbValues }): Promise<unknown>;
  updateItem(
    input: Keyed & Conditional & { UpdateExpression: string; ReturnValues?: "ALL_NEW" },
  ): Promise<ChangeAnswer>;
  deleteItem(input: Keyed & Conditional & { ReturnValues: "ALL_OLD" }): Promise<ChangeAnswer>;
  query(input: Paged & { IndexName?: string; KeyConditionExpression: string }): Promise<PageAnswer>;
  scan(input: Paged & { FilterExpression: string }): Promise<PageAnswer>;
}

/** Where an item is. */
export interface DynamodbKey {
  readonly pk: string;
  readonly sk: string;
}

/** A condition, or a change, and the values that it names. */
export interface DynamodbExpression {
  readonly only?: string;
  readonly values?: DynamodbValues;
  /** An update answers the item as it now is, instead of nothing of it. */
  readonly isAnswered?: boolean;
}

/** @see DynamodbTable.query */
export interface DynamodbQuery {
  readonly where: string;
  readonly values: DynamodbValues;
  readonly index?: string;
  readonly limit?: number;
}

/** @see DynamodbTable.scan */
export interface DynamodbScan {
  readonly filter: string;
  readonly values: DynamodbValues;
  readonly fields?: string;
  readonly limit?: number;
  readonly after?: DynamodbKey | undefined;
}

/** Items, and where to go on. */
export interface DynamodbPage {
  readonly items: readonly DynamodbItem[];
  readonly next: DynamodbKey | undefined;
}

/** Calls on one table. */
export interface DynamodbTable {
  get(key: DynamodbKey, fields?: string): Promise<DynamodbItem | undefined>;
  /** @returns Whether the condition held. */
  put(key: DynamodbKey, item: DynamodbValues, only?: string): Promise<boolean>;
  /** @returns The item, if it is to be answered; `undefined` if the condition did not hold. */
  update(
    key: DynamodbKey,
    change: string,
    expression: DynamodbExpression,
  ): Promise<DynamodbItem | undefined>;
  /** @returns The item as it was; `undefined` if it was not there, or the condition did not hold. */
  remove(key: DynamodbKey, expression?: DynamodbExpression): Promise<DynamodbItem | undefined>;
  /** One page; an index is read as it is, without waiting for what was just written. */
  query(query: DynamodbQuery, after?: DynamodbKey): Promise<DynamodbPage>;
  /** One page of the whole table. */
  scan(scan: DynamodbScan): Promise<DynamodbPage>;
}

const METHODS = ["getItem", "putItem", "updateItem", "deleteItem", "query", "scan"] as const;

export const text = (value: string): DynamodbValue => ({ S: value });
export const numeral = (value: number): DynamodbValue => ({ N: String(value) });

const keyed = ({ pk, sk }: DynamodbKey) => ({ pk: text(pk), sk: text(sk) });

/** Where an item that came back is. */
export function keyOf({ pk, sk }: DynamodbItem): DynamodbKey {
  return { pk: pk?.S ?? "", sk: sk?.S ?? "" };
}

/** @throws {SessionError} `HOLDFAST_OPTION` if this is no client with the methods. */
export function tableOf(client: DynamodbClient, name: string): DynamodbTable {
  const methods = (client ?? {}) as unknown as Readonly<Record<string, unknown>>;
  if (METHODS.some((method) => typeof methods[method] !== "function")) {
    throw optionError(
      "client",
      "must be a DynamoDB of @aws-sdk/client-dynamodb: the class that has a method for each command, not DynamoDBClient or a document client",
    );
  }

  const conditional = ({ only, values }: DynamodbExpression) => ({
    ...(only === undefined ? {} : { ConditionExpression: only }),
    ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
  });
  const paged = (page: Promise<PageAnswer>) =>
    answered(page, name).then(({ Items = [], LastEvaluatedKey }) => ({
      items: Items,
      next: LastEvaluatedKey && keyOf(LastEvaluatedKey),
    }));
  const startAt = (after: DynamodbKey | undefined) =>
    after === undefined ? {} : { ExclusiveStartKey: keyed(after) };
  const limited = (limit: number | undefined) => (limit === undefined ? {} : { Limit: limit });

  return {
    async get(key, fields) {
      const input = { TableName: name, Key: keyed(key), ConsistentRead: true };
      const projection = fields === undefined ? {} : { ProjectionExpression: fields };
      return (await answered(client.getItem({ ...input, ...projection }), name)).Item;
    },
    async put(key, item, only) {
      const input = { TableName: name, Item: { ...keyed(key), ...item } };
      const condition = only === undefined ? {} : { ConditionExpression: only };
      const put = client.putItem({ ...input, ...condition }).then(() => true);
      return (await unlessRefused(put, name)) ?? false;
    },
    async update(key, change, expression) {
      const update = client.updateItem({
        TableName: name,
        Key: keyed(key),
        UpdateExpression: change,
        ...(expression.isAnswered ? { ReturnValues: "ALL_NEW" } : {}),
        ...conditional(expression),
      });
      const updated = await unlessRefused(update, name);
      return updated && (updated.Attributes ?? {});
    },
    async remove(key, expression = {}) {
      const remove = client.deleteItem({
        TableName: name,
        Key: keyed(key),
        ReturnValues: "ALL_OLD",
        ...conditional(expression),
      });
      return (await unlessRefused(remove, name))?.Attributes;
    },
    query({ where, values, index, limit }, after) {
      return paged(
        client.query({
          TableName: name,
          KeyConditionExpression: where,
          ExpressionAttributeValues: values,
          // An index has no consistent reads.
          ...(index === undefined
            ? { ConsistentRead: true }
            : { ConsistentRead: false, IndexName: index }),
          ...limited(limit),
          ...startAt(after),
        }),
      );
    },
    scan({ filter, values, fields, limit, after }) {
      return paged(
        client.scan({
          TableName: name,
          ConsistentRead: true,
          FilterExpression: filter,
          ExpressionAttributeValues: values,
          ...(fields === undefined ? {} : { ProjectionExpression: fields }),
          ...limited(limit),
          ...startAt(after),
        }),
      );
    },
  };
}

async function answered<T>(call: Promise<T>, table: string): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw explained(error, table);
  }
}

async function unlessRefused<T>(call: Promise<T>, table: string): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (nameOf(error) === "ConditionalCheckFailedException") return undefined;
    throw explained(error, table);
  }
}

const nameOf = (error: unknown) => (error as { readonly name?: unknown } | null)?.name;

/** Throttling, lost connections and refused rights are the client's to name. */
function explained(error: unknown, table: string): unknown {
  if (nameOf(error) === "ResourceNotFoundException") {
    return new SessionError(
      "HOLDFAST_STORE",
      `dynamodbStore finds no table "${table}" in the client's account and region; create it as dynamodbTable() describes, or correct the option table`,
      { table },
      { cause: error },
    );
  }
  if (nameOf(error) !== "ValidationException") return error;
  if (/size .*exceeded/i.test(String((error as Error).message))) {
    return new SessionError(
      "HOLDFAST_DATA",
      "a session is larger than an item of DynamoDB may be, 400 KB with all that belongs to it; keep large data in a database and its key in the session",
      {},
      { cause: error },
    );
  }
  return new SessionError(
    "HOLDFAST_STORE",
    `the table "${table}" of dynamodbStore is not as dynamodbTable() describes it: the keys pk and sk, both strings, and the index "due"`,
    { table },
    { cause: error },
  );
}
