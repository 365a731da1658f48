/**
 * Holdfast on `node:http` with SQLite, and on Express.
 * @module
 */
import { join } from "node:path";
import express from "express";
import { expressSessions } from "holdfast/adapters/express";
import { sqliteStore } from "holdfast/stores/sqlite";
import { fillSessions } from "../../support/filled-file.ts";
import { openSqlite } from "../../support/sqlite.ts";
import { type Opened, onNode, openMemory, serve, sessionsOn } from "./holdfast-node.ts";
import { listen } from "./node.ts";
import { CASES, type System, type SystemGround } from "./system.ts";

const HALF_DAY_MS = 43_200_000;

async function openFile({ folder, fileSessions }: SystemGround): Promise<Opened> {
  const db = openSqlite(join(folder, "sessions.db"));
  await fillSessions(db, fileSessions, Date.now() + HALF_DAY_MS);
  return { store: sqliteStore(db), close: () => db.close() };
}

export const holdfastSqlite: System = onNode(
  "holdfast-sqlite",
  "Holdfast on node:http, SQLite",
  openFile,
);

export const holdfastExpress: System = {
  id: "holdfast-express",
  title: "Holdfast on Express, memory",
  bare: "express",
  counts: true,
  cases: CASES,
  async start(ground) {
    const { sessions, operations, close } = sessionsOn(openMemory(), ground);
    const { middleware, session } = expressSessions(sessions);
    const app = express();
    app.use(middleware);
    app.use((request, response) => serve(sessions, session(request), request, response));
    return listen(app.listen(0, "127.0.0.1"), { operations, close });
  },
};
