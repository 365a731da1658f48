/**
 * Holdfast on `node:http`, with its memory store and with SQLite.
 * @module
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createKeyring, createSessions, type Session, sessionData } from "holdfast";
import { nodeSessions } from "holdfast/adapters/node";
import { memoryStore } from "holdfast/stores/memory";
import { sqliteStore } from "holdfast/stores/sqlite";
import type { SessionStore } from "holdfast/stores/store";
import { openSqlite } from "../../support/sqlite.ts";
import { respond, type SessionActions } from "../application.ts";
import { type Ground, idleSeconds, type Subject } from "./subject.ts";

type Values = Record<string, number>;

const idioms = [
  "sign-in: signIn with a checkpoint asked for before the password is checked",
  "sign-out: signOut",
  "step-up: stepUp; periodic rotation: built in",
  "revoke all: subject(id).revokeAll",
  "renewal: built in",
];

export const holdfastSubjects: readonly Subject[] = [
  subject("holdfast-memory", "Holdfast, memory", () => ({
    store: memoryStore(),
    close: () => {},
  })),
  subject("holdfast-sqlite", "Holdfast, SQLite", ({ folder }) => {
    const db = openSqlite(join(folder, "sessions.db"));
    return { store: sqliteStore(db), close: () => db.close() };
  }),
];

function subject(
  id: string,
  title: string,
  open: (ground: Ground) => { readonly store: SessionStore; close(): void },
): Subject {
  return {
    id,
    title,
    isOurs: true,
    idioms,
    canIncrement: true,
    async start(ground) {
      const { store, close } = open(ground);
      const seconds = idleSeconds[ground.mode];
      const sessions = createSessions({
        keyring: createKeyring({ bytes: randomBytes(32) }),
        store,
        data: sessionData<Values>(),
        ...(seconds === undefined ? {} : { policy: { idleTimeoutSeconds: seconds } }),
        now: ground.clock.now,
        sweep: false,
      });
      const { handle, session } = nodeSessions(sessions);
      const revokeAll = async (account: string) => {
        await sessions.subject(account).revokeAll();
      };
      const server = createServer(
        handle(async (request, response) => {
          const actions = actionsOf(session(request), revokeAll, (account) =>
            sessions.subject(account).checkpoint(),
          );
          const page = await respond(actions, request.url ?? "/", ground.gates);
          response.setHeader("Content-Type", "application/json");
          response.end(JSON.stringify(page));
        }),
      );
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      return {
        port: (server.address() as AddressInfo).port,
        async close() {
          server.close();
          server.closeAllConnections();
          await sessions.close();
          close();
        },
      };
    },
  };
}

function actionsOf(
  session: Session<Values, "signed-in">,
  revokeAll: (account: string) => Promise<void>,
  checkpoint: (account: string) => Promise<string>,
): SessionActions {
  return {
    subject: () => session.subject,
    get: (key) => session.get(key),
    set: (key, value) => session.set(key, value),
    increment: (key) => session.update(key, (n = 0) => n + 1),
    beginSignIn: checkpoint,
    signIn: (account, begun) => session.signIn(account, begun ? { checkpoint: begun } : {}),
    signOut: () => session.signOut(),
    stepUp: () => session.stepUp(),
    rotate: async () => {},
    revokeAll,
  };
}
