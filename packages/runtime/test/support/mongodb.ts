/**
 * A fake MongoDB server with clients of the real driver, for one test file.
 * @module
 */
import { MongoClient, type MongoClientOptions } from "mongodb";
import { afterAll, beforeAll } from "vitest";
import { type MongodbFake, startMongodbFake } from "./mongodb-fake.ts";

export interface MongodbSite {
  /** Known once the tests run. */
  readonly fake: MongodbFake;
  /** A client that is closed after the tests. */
  connect(options?: MongoClientOptions, server?: MongodbFake): MongoClient;
  /** The name of a database that nobody has used yet. */
  nextDatabase(): string;
  /** The names of the commands that a call costs. */
  commandsOf(call: () => unknown): Promise<readonly string[]>;
}

/** Starts the server before the tests of the file, and ends it after them. */
export function mongodbSite(): MongodbSite {
  const clients: MongoClient[] = [];
  let started: MongodbFake | undefined;
  let databases = 0;
  beforeAll(async () => {
    started = await startMongodbFake();
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await started?.close();
  });

  const site: MongodbSite = {
    get fake() {
      if (started === undefined) throw new Error("The fake is started before the tests, not here.");
      return started;
    },
    connect(options = {}, server = site.fake) {
      const client = new MongoClient(server.url, { serverSelectionTimeoutMS: 1000, ...options });
      clients.push(client);
      return client;
    },
    nextDatabase() {
      databases += 1;
      return `test${databases}`;
    },
    async commandsOf(call) {
      site.fake.commands.length = 0;
      await call();
      return site.fake.commands.map((command) => Object.keys(command)[0] ?? "");
    },
  };
  return site;
}
