/**
 * One process of the application under a long load. Arguments: the store as JSON, the key as hex. Run with
 * `--expose-gc`, so that what is kept can be told from what was not collected yet.
 * @module
 */
import { readdirSync, readlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createKeyring, createSessions, type Session } from "holdfast";
import { nodeSessions } from "holdfast/adapters/node";
import { type Order, serveOrders } from "../support/child.ts";
import { openStore } from "../support/stores.ts";

export type SoakOrder = Order & { readonly order: "sample" };

/** What the process holds at one moment, and what went wrong so far. */
export interface Sample {
  /** Used heap after a full collection, in bytes. */
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Open sockets, to clients and to the server of the store. */
  readonly sockets: number;
  readonly unhandled: number;
  /** Events that no healthy system emits, by type. */
  readonly alarms: Readonly<Record<string, number>>;
}

const ALARMING = new Set(["commit.failed", "store.unavailable", "store.misconfigured"]);

const [description = "", keyHex = ""] = process.argv.slice(2);
const { store, close } = await openStore(JSON.parse(description));
const alarms: Record<string, number> = {};
let unhandled = 0;
process.on("unhandledRejection", () => {
  unhandled += 1;
});

const sessions = createSessions({
  keyring: createKeyring({ bytes: Buffer.from(keyHex, "hex") }),
  store,
  // Short, so that sessions rotate, expire and are swept many times while the load lasts.
  policy: {
    idleTimeoutSeconds: 120,
    anonymousIdleSeconds: 60,
    absoluteTimeoutSeconds: 600,
    rotationIntervalSeconds: 60,
    rotationGraceSeconds: 5,
    retiredSeconds: 10,
    sessionsPerSubject: 5,
  },
  onEvent: ({ type }) => {
    if (ALARMING.has(type)) alarms[type] = (alarms[type] ?? 0) + 1;
  },
});
const { handle, session } = nodeSessions(sessions, { onError: () => {} });

async function serve(
  current: Session<Record<string, unknown>, "signed-in">,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const account = `account-${searchParams.get("account")}`;
  switch (pathname) {
    case "/change":
      current.update("visits", (visits) => ((visits as number | undefined) ?? 0) + 1);
      current.set(`key-${searchParams.get("key")}`, "x".repeat(200));
      break;
    case "/sign-in":
      await current.signIn(account, { checkpoint: await sessions.subject(account).checkpoint() });
      break;
    case "/rotate":
      await current.rotate();
      break;
    case "/sign-out":
      await current.signOut();
      break;
    case "/everywhere":
      await sessions.subject(account).revokeAll();
      break;
    case "/devices":
      await sessions.subject(account).list();
      break;
  }
  const body = JSON.stringify({ subject: current.subject ?? null });
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

function sample(): Sample {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapBytes: heapUsed, residentBytes: rss, sockets: openSockets(), unhandled, alarms };
}

function openSockets(): number {
  const folder = "/proc/self/fd";
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith("socket:");
    } catch {
      // Closed since the folder was read.
      return false;
    }
  }).length;
}

const server = createServer(
  handle((request, response) => serve(session(request), request, response)),
);
// Node closes idle connections after five seconds; a request that is sent just then would count as a failure.
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  serveOrders(
    { port },
    (_order: SoakOrder) => sample(),
    async () => {
      server.close();
      server.closeAllConnections();
      await sessions.close();
      await close();
    },
  );
});
