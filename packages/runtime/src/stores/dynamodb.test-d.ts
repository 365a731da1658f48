/** The clients that fit, by their own types. */
import type {
  CreateTableCommandInput,
  DynamoDB,
  DynamoDBClient,
  UpdateTimeToLiveCommandInput,
} from "@aws-sdk/client-dynamodb";
import { expectTypeOf } from "vitest";
import { type DynamodbClient, type DynamodbTableDefinition, dynamodbStore } from "./dynamodb.ts";

expectTypeOf<DynamoDB>().toExtend<DynamodbClient>();
// Its commands are classes, which the store does not load.
expectTypeOf<DynamoDBClient>().not.toExtend<DynamodbClient>();
expectTypeOf<DynamodbTableDefinition["create"]>().toExtend<CreateTableCommandInput>();
expectTypeOf<DynamodbTableDefinition["timeToLive"]>().toExtend<UpdateTimeToLiveCommandInput>();

declare const client: DynamoDB;
dynamodbStore(client, { table: "sessions" });
// @ts-expect-error a misspelt option
dynamodbStore(client, { tabel: "sessions" });
