/**
 * The table of the DynamoDB store, for whoever may create it. The store itself creates nothing.
 * @module
 */
import { optionError } from "../errors.ts";
import { DUE_INDEX } from "./dynamodb-item.ts";

/** The table that the store uses unless told otherwise. */
export const DEFAULT_TABLE = "holdfast_sessions";

const TABLE_NAME = /^[A-Za-z0-9_.-]{3,255}$/;

interface KeySchemaPart {
  AttributeName: string;
  KeyType: "HASH" | "RANGE";
}

/** Inputs of the two commands that make the table, as `@aws-sdk/client-dynamodb` and the AWS CLI take them. */
export interface DynamodbTableDefinition {
  /** Of `CreateTable`. */
  readonly create: {
    TableName: string;
    BillingMode: "PAY_PER_REQUEST";
    AttributeDefinitions: { AttributeName: string; AttributeType: "S" | "N" }[];
    KeySchema: KeySchemaPart[];
    GlobalSecondaryIndexes: {
      IndexName: string;
      KeySchema: KeySchemaPart[];
      Projection: { ProjectionType: "KEYS_ONLY" };
    }[];
  };
  /** Of `UpdateTimeToLive`, once the table is there. */
  readonly timeToLive: {
    TableName: string;
    TimeToLiveSpecification: { AttributeName: string; Enabled: boolean };
  };
}

/** @throws {SessionError} `HOLDFAST_OPTION` if DynamoDB takes no such name. */
export function checkTableName(table: string): string {
  if (typeof table === "string" && TABLE_NAME.test(table)) return table;
  throw optionError("table", "must be 3 to 255 letters, digits, _, . and -");
}

/**
 * What to create before the store is used: on-demand capacity, one index of keys only.
 *
 * @param table Name of the table: 3 to 255 letters, digits, `_`, `.` and `-`.
 * @throws {SessionError} `HOLDFAST_OPTION` if DynamoDB takes no such name.
 * @example
 * const { create, timeToLive } = dynamodbTable();
 * await client.createTable(create);
 */
export function dynamodbTable(table: string = DEFAULT_TABLE): DynamodbTableDefinition {
  const TableName = checkTableName(table);
  return {
    create: {
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
        { AttributeName: "dueIn", AttributeType: "S" },
        { AttributeName: "dueAt", AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: DUE_INDEX,
          KeySchema: [
            { AttributeName: "dueIn", KeyType: "HASH" },
            { AttributeName: "dueAt", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
    },
    timeToLive: {
      TableName,
      TimeToLiveSpecification: { AttributeName: "ttlAt", Enabled: true },
    },
  };
}
