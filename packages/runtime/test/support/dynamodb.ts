/**
 * A DynamoDB to test against: dynalite in this process, on a loopback port. It has the commands that the
 * store uses, and deletes nothing by time.
 * @module
 */
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { type DynamodbClient, dynamodbTable } from "../../src/stores/dynamodb.ts";

// It comes without types.
const dynalite = createRequire(import.meta.url)("dynalite") as (options: {
  readonly createTableMs: number;
}) => Server;

/** @see startDynalite */
export interface Dynalite {
  /** A client of its own, as another process would have it. */
  client(): DynamoDB;
  /** Makes a table as the store's page says. @returns Its name. */
  createTable(): Promise<string>;
  stop(): Promise<void>;
}

export async function startDynalite(): Promise<Dynalite> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const clients: DynamoDB[] = [];
  let tables = 0;
  const client = () => {
    const opened = new DynamoDB({
      endpoint: `http://127.0.0.1:${port}`,
      region: "eu-central-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
      maxAttempts: 1,
    });
    clients.push(opened);
    return opened;
  };
  const administrator = client();
  return {
    client,
    async createTable() {
      tables += 1;
      const { create } = dynamodbTable(`sessions_${tables}`);
      await administrator.createTable(create);
      for (;;) {
        const { Table } = await administrator.describeTable({ TableName: create.TableName });
        if (Table?.TableStatus === "ACTIVE") return create.TableName;
      }
    },
    async stop() {
      for (const opened of clients) opened.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a gate is told of a call. */
export interface GatedCall {
  readonly method: keyof DynamodbClient;
  /** Sends the call, each time that it is called. */
  send(): Promise<unknown>;
}

/** The same client, each of whose calls goes through the gate. */
export function gatedClient(
  inner: DynamodbClient,
  gate: (call: GatedCall) => Promise<unknown>,
): DynamodbClient {
  const through =
    <Input, Answer>(method: keyof DynamodbClient, call: (input: Input) => Promise<Answer>) =>
    (input: Input) =>
      gate({ method, send: () => call.call(inner, input) }) as Promise<Answer>;
  return {
    getItem: through("getItem", inner.getItem),
    putItem: through("putItem", inner.putItem),
    updateItem: through("updateItem", inner.updateItem),
    deleteItem: through("deleteItem", inner.deleteItem),
    query: through("query", inner.query),
    scan: through("scan", inner.scan),
  };
}
