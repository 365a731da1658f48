/** An application and its Redis, with a bad network between them. */
import { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { type ServerWithUrl, startRedis } from "../../../../scripts/servers.mjs";
import { describeWith } from "../../../../test-support/needs.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { watchProcess } from "../support/faults.ts";
import { GIVES_UP_MILLISECONDS, networkFaults, strandedFault } from "../support/faults-network.ts";
import { faultClients } from "../support/faults-redis.ts";
import { freshPrefix } from "../support/redis.ts";

describeWith("redis", "Redis behind a bad network", () => {
  let server: ServerWithUrl;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());
  watchProcess();

  for (const [name, open] of Object.entries(faultClients)) {
    networkFaults(
      name,
      () => server.port,
      async (port) => {
        const { client, close } = await open({ port });
        return { store: redisStore(client, { prefix: freshPrefix() }), end: close };
      },
    );
  }

  strandedFault(
    "ioredis",
    () => server.port,
    (port) => {
      const client = new Redis({ port, host: server.host, socketTimeout: GIVES_UP_MILLISECONDS });
      // Said of each connection that is lost; what requests see is judged.
      client.on("error", () => {});
      const store = redisStore(client, { prefix: freshPrefix() });
      return { store, end: () => client.disconnect() };
    },
  );
});
