/**
 * The process of one server that shares its SQLite file and key file with others. Arguments: the
 * database file, the key file, and `newer` for a release that writes the next record format.
 * @module
 */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createKeyring, createSessions, sessionData } from "holdfast";
import { nodeSessions } from "holdfast/adapters/node";
import { sqliteStore } from "holdfast/stores/sqlite";
import { type Order, serveOrders } from "../support/child.ts";
import { openSqlite } from "../support/sqlite.ts";
import { newerStore } from "./newer-store.ts";

/** Asks how many writes were dropped, and why. */
export type ProveOrder = Order & { readonly order: "dropped" };

const [databaseFile = "", keyFile = "", release] = process.argv.slice(2);
const db = openSqlite(databaseFile);
const store = sqliteStore(db);
const dropped: string[] = [];
const sessions = createSessions({
  keyring: createKeyring({ file: keyFile }),
  store: release === "newer" ? newerStore(store) : store,
  data: sessionData<{ value: number }>(),
  onEvent: (event) => {
    if (event.type === "write.dropped") dropped.push(event.reason);
  },
});
const { handle, session } = nodeSessions(sessions);

const server = createServer(
  handle(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://server.test");
    const current = session(request);
    if (pathname === "/sign-in") await current.signIn(searchParams.get("subject") ?? "");
    if (pathname === "/sign-out") await current.signOut();
    if (pathname === "/write") current.set("value", Number(searchParams.get("value")));
    const isOver = pathname === "/sign-out";
    const page = isOver ? {} : { subject: current.subject, value: current.get("value") };
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(page));
  }),
);
server.listen(0, "127.0.0.1");
await once(server, "listening");

serveOrders(
  { port: (server.address() as AddressInfo).port },
  (_order: ProveOrder) => dropped,
  async () => {
    server.closeAllConnections();
    await sessions.close();
    db.close();
  },
);
