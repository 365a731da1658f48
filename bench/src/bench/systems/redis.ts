/**
 * Redis by ioredis: a bare GET of a value of the same size, which is the floor, and Holdfast.
 * @module
 */
import { createServer } from "node:http";
import { redisStore } from "holdfast/stores/redis";
import { Redis } from "ioredis";
import { content, plainAnswer } from "../content.ts";
import { onNode } from "./holdfast-node.ts";
import { answer, listen } from "./node.ts";
import type { System } from "./system.ts";

const FLOOR_KEY = "floor";
/** What a record has beside its data: about so many bytes. */
const RECORD_BYTES = 400;

export const redisGet: System = {
  id: "redis-get",
  title: "a bare GET by ioredis on node:http",
  bare: "node",
  server: "redis",
  cases: ["unchanged"],
  async start({ urls }) {
    const client = new Redis(urls.redis ?? "");
    await client.set(FLOOR_KEY, Buffer.alloc(JSON.stringify(content).length + RECORD_BYTES, 7));
    const server = createServer(async (_request, response) => {
      await client.getBuffer(FLOOR_KEY);
      answer(response, plainAnswer);
    });
    return listen(server, { close: () => client.disconnect() });
  },
};

export const holdfastRedis: System = onNode(
  "holdfast-redis",
  "Holdfast on node:http, Redis by ioredis",
  ({ urls }) => {
    const client = new Redis(urls.redis ?? "");
    return { store: redisStore(client), close: () => client.disconnect() };
  },
  "redis",
);
