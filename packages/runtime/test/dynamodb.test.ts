/**
 * The public suite on the DynamoDB store against dynalite, and what is particular to this store: calls on the
 * wire, the table, items that are not its own.
 * @module
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DynamodbClient, dynamodbStore, dynamodbTable } from "../src/stores/dynamodb.ts";
import { recordFlags } from "../src/stores/store.ts";
import { sampleNow, sampleSession, sampleSubject, storeCases } from "../src/testing/index.ts";
import { type Dynalite, gatedClient, startDynalite } from "./support/dynamodb.ts";

const now = sampleNow;
const alice = sampleSubject(0xa11c);

let server: Dynalite;
beforeAll(async () => {
  server = await startDynalite();
});
afterAll(() => server.stop());

describe("DynamoDB store", () => {
  const harness = async () => {
    const table = await server.createTable();
    const open = () => dynamodbStore(server.client(), { table });
    return { open, reopen: open };
  };
  const { traits } = dynamodbStore(gatedClient({} as DynamodbClient, async () => ({})));

  for (const { title, needs, run } of storeCases) {
    if (needs?.(traits) ?? true) it(title, { timeout: 30_000 }, async () => run(await harness()));
  }

  it("runs the whole of the suite: shared, durable, indexed, swept", () => {
    expect(traits).toEqual({
      shared: "network",
      revocation: "durable",
      index: true,
      nativeExpiry: false,
      durable: true,
    });
  });

  /** A store, and what it sends. */
  const counted = async () => {
    const table = await server.createTable();
    const calls: string[] = [];
    const client = server.client();
    const gated = gatedClient(client, ({ method, send }) => {
      calls.push(method);
      return send();
    });
    return { store: dynamodbStore(gated, { table }), calls, client, table };
  };

  it("sends one call to read, to replace, to renew and to begin an anonymous session", async () => {
    const { store, calls } = await counted();
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    await store.get(key);
    await store.put(key, { ...record, version: 2 });
    await store.touch(key, 2, record.idleExpiresAt + 1000);
    await store.delete(key);
    expect(calls).toEqual(["putItem", "getItem", "updateItem", "updateItem", "deleteItem"]);
  });

  it("signs in by five calls, and out by two", async () => {
    const { store, calls } = await counted();
    const checkpoint = await store.checkpoint(alice, now);
    calls.length = 0;
    const { key, record } = sampleSession(1, { subjectKey: alice });
    await store.create(key, record, { now, checkpoint });
    expect(calls).toEqual(["updateItem", "putItem", "putItem", "getItem", "updateItem"]);
    calls.length = 0;
    await store.delete(key);
    expect(calls).toEqual(["deleteItem", "deleteItem"]);
  });

  it("reads nothing that may be old, but for the index of a sweep", async () => {
    const reads: unknown[] = [];
    const client = new Proxy(server.client(), {
      get: (inner, name) => (input: Record<string, unknown>) => {
        if ("ConsistentRead" in input) reads.push([name, input.IndexName, input.ConsistentRead]);
        return (inner as unknown as Record<PropertyKey, (input: unknown) => unknown>)[name]?.(
          input,
        );
      },
    });
    const store = dynamodbStore(client, { table: await server.createTable() });
    const { key, record } = sampleSession(1, { subjectKey: alice });
    await store.create(key, record, { now });
    await store.get(key);
    await store.touch(key, 1, record.idleExpiresAt - 1);
    await store.listSubject(alice);
    await store.scan?.(undefined, 10);
    await store.sweep(now, 10);
    await store.deleteSubject(alice);
    await store.deleteAll();
    const seen = new Set(reads.map((read) => JSON.stringify(read)));
    expect([...seen].sort()).toEqual([
      '["getItem",null,true]',
      '["query","due",false]',
      '["query",null,true]',
      '["scan",null,true]',
    ]);
  });

  it("lists and removes more sessions than one answer holds", async () => {
    const { store, calls } = await counted();
    const data = new Uint8Array(100).fill(7);
    const handle = "long-handle-".padEnd(20, "0");
    const numbers = Array.from({ length: 120 }, (_, n) => n);
    for (const n of numbers) {
      const { key, record } = sampleSession(n, { subjectKey: alice, data, handle });
      await store.create(key, record, { now });
    }
    expect(await store.listSubject(alice)).toHaveLength(120);
    calls.length = 0;
    expect(await store.deleteSubject(alice)).toHaveLength(120);
    expect(calls.filter((method) => method === "deleteItem")).toHaveLength(240);
    expect(await store.listSubject(alice)).toEqual([]);
  });

  it("tells DynamoDB to delete a session five minutes after its earlier deadline", async () => {
    const { store, client, table } = await counted();
    const { key, record } = sampleSession(1, { idleExpiresAt: now + 60_001 });
    const ttl = async () => {
      const Key = { pk: { S: `s#${key}` }, sk: { S: "s" } };
      return Number((await client.getItem({ TableName: table, Key })).Item?.ttlAt?.N) - now / 1000;
    };
    await store.create(key, record, { now });
    expect(await ttl()).toBe(361);
    await store.touch(key, 1, now + 120_000);
    expect(await ttl()).toBe(420);
    await store.put(key, { ...record, version: 2, idleExpiresAt: now + 90_000 });
    expect(await ttl()).toBe(420);
    await store.put(key, { ...record, version: 3, idleExpiresAt: now + 180_000 });
    expect(await ttl()).toBe(480);
    const buried = { ...record, version: 4, idleExpiresAt: now, flags: recordFlags.tombstone };
    await store.put(key, buried);
    expect(await ttl()).toBe(300);
    const { timeToLive } = dynamodbTable(table);
    expect(timeToLive.TimeToLiveSpecification.AttributeName).toBe("ttlAt");
  });

  it("leaves nothing of a subject when it is forgotten", async () => {
    const { store, client, table } = await counted();
    const { key, record } = sampleSession(1, { subjectKey: alice });
    await store.create(key, record, { now });
    await store.deleteSubject(alice, { forget: true });
    expect((await client.scan({ TableName: table })).Items).toEqual([]);
  });

  it("leaves alone what is not its own", async () => {
    const { store, client, table } = await counted();
    const foreign = [
      { pk: { S: "order#1" }, sk: { S: "s" }, total: { N: "5" } },
      { pk: { S: "s#1" }, sk: { S: "line" } },
      { pk: { S: "customer 1" }, sk: { S: "c" } },
    ];
    for (const Item of foreign) await client.putItem({ TableName: table, Item });
    const { key, record } = sampleSession(1);
    await store.create(key, record, { now });
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.scan?.(cursor, 1);
      found.push(...(page?.sessions.map((session) => session.key) ?? []));
      cursor = page?.next;
    } while (cursor !== undefined);
    expect(found).toEqual([key]);
    await store.sweep(now * 2, 100);
    expect(await store.deleteAll()).toBe(0);
    const left = (await client.scan({ TableName: table })).Items;
    expect(left).toHaveLength(foreign.length);
  });
});

describe("DynamoDB store, set up wrongly", () => {
  const { key, record } = sampleSession(1);

  it("names the table that is missing", async () => {
    const store = dynamodbStore(server.client(), { table: "nowhere" });
    await expect(store.get(key)).rejects.toMatchObject({
      code: "HOLDFAST_STORE",
      message: expect.stringContaining('no table "nowhere"'),
      cause: { name: "ResourceNotFoundException" },
    });
  });

  it("says that a table has other keys, or lacks the index", async () => {
    const client = server.client();
    const create = async (name: string, hash: string, range: string) => {
      const AttributeDefinitions = [hash, range].map(
        (AttributeName) => ({ AttributeName, AttributeType: "S" }) as const,
      );
      const KeySchema = [
        { AttributeName: hash, KeyType: "HASH" } as const,
        { AttributeName: range, KeyType: "RANGE" } as const,
      ];
      const BillingMode = "PAY_PER_REQUEST" as const;
      await client.createTable({ TableName: name, AttributeDefinitions, KeySchema, BillingMode });
      return dynamodbStore(client, { table: name });
    };
    const explained = {
      code: "HOLDFAST_STORE",
      message: expect.stringContaining("dynamodbTable()"),
    };
    await expect((await create("other_keys", "id", "at")).get(key)).rejects.toMatchObject(
      explained,
    );
    const indexless = await create("no_index", "pk", "sk");
    await expect.poll(() => indexless.create(key, record, { now })).toBe("created");
    await expect(indexless.sweep(now, 10)).rejects.toMatchObject(explained);
  });

  it("says that a session is too large for an item", async () => {
    const store = dynamodbStore(server.client(), { table: await server.createTable() });
    const large = { ...record, data: new Uint8Array(410_000) };
    const refused = { code: "HOLDFAST_DATA" };
    await expect(store.create(key, large, { now })).rejects.toMatchObject(refused);
    await store.create(key, record, { now });
    await expect(store.put(key, { ...large, version: 2 })).rejects.toMatchObject(refused);
  });

  it("passes throttling on as the client named it", async () => {
    const throttled = Object.assign(new Error("slow down"), {
      name: "ProvisionedThroughputExceededException",
    });
    const store = dynamodbStore(gatedClient(server.client(), () => Promise.reject(throttled)));
    await expect(store.get(key)).rejects.toBe(throttled);
    await expect(store.put(key, record)).rejects.toBe(throttled);
    await expect(store.deleteAll()).rejects.toBe(throttled);
  });

  it("refuses an item that something else wrote", async () => {
    const client = server.client();
    const table = await server.createTable();
    const store = dynamodbStore(client, { table });
    const Item = { pk: { S: `s#${key}` }, sk: { S: "s" }, packed: { S: "text" } };
    await client.putItem({ TableName: table, Item });
    await expect(store.get(key)).rejects.toMatchObject({
      code: "HOLDFAST_STORE",
      message: expect.stringContaining("something else"),
    });
  });

  it("refuses clients, options and names that it cannot use", () => {
    const client = server.client();
    const commands = new DynamoDBClient({ region: "eu-central-1" });
    const wrong: readonly (readonly [unknown, object, string])[] = [
      [commands, {}, '"client" must be a DynamoDB'],
      [undefined, {}, '"client" must be a DynamoDB'],
      [client, { tabel: "a" }, '"tabel" is not an option'],
      [client, { table: "ab" }, '"table" must be 3 to 255'],
      [client, { table: "a b c" }, '"table" must be 3 to 255'],
      [client, { table: 5 }, '"table" must be 3 to 255'],
    ];
    for (const [given, options, message] of wrong) {
      expect(() => dynamodbStore(given as DynamodbClient, options)).toThrow(message);
    }
    expect(() => dynamodbTable("x")).toThrow('"table" must be 3 to 255');
  });
});
