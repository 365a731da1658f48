/**
 * Holdfast on `node:http`, with the memory store or one that is handed in.
 * @module
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createKeyring, createSessions, type Session, type Sessions, sessionData } from "holdfast";
import { nodeSessions } from "holdfast/adapters/node";
import { memoryStore } from "holdfast/stores/memory";
import type { SessionStore } from "holdfast/stores/store";
import { type CountingStore, countingStore } from "holdfast/testing";
import { ACCOUNT, answerText, type Content, content } from "../content.ts";
import { answer, listen } from "./node.ts";
import { CASES, type ServerName, type System, type SystemGround } from "./system.ts";

/** A store, and how to let go of what is behind it. */
export interface Opened {
  readonly store: SessionStore;
  close(): unknown;
}

/** A signed-in session is never dropped from a full memory store, and signing in is what is measured. */
export const openMemory = (): Opened => ({
  store: memoryStore({ maxSessions: 10_000_000 }),
  close: () => {},
});

/** Sessions over a store, counted where that is asked for. */
export interface OpenSessions {
  readonly sessions: Sessions<Content, "signed-in">;
  operations(): number;
  close(): Promise<void>;
}

export function sessionsOn(opened: Opened, { counting }: SystemGround): OpenSessions {
  const counted: CountingStore | undefined = counting ? countingStore(opened.store) : undefined;
  const sessions = createSessions({
    keyring: createKeyring({ bytes: randomBytes(32) }),
    store: counted ?? opened.store,
    data: sessionData<Content>(),
  });
  return {
    sessions,
    operations: () => counted?.total ?? 0,
    async close() {
      await sessions.close();
      await opened.close();
    },
  };
}

export async function serve(
  sessions: Sessions<Content, "signed-in">,
  session: Session<Content, "signed-in">,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (request.url) {
    case "/change":
      session.update("visits", (visits = 0) => visits + 1);
      break;
    case "/sign-in":
      await session.signIn(ACCOUNT);
      break;
    case "/everywhere":
      await session.signIn(ACCOUNT);
      await sessions.subject(ACCOUNT).revokeAll();
      return answer(response, answerText(ACCOUNT, undefined));
    case "/fill":
      session.set("visits", content.visits);
      session.set("profile", content.profile);
      session.set("cart", [...content.cart]);
      break;
  }
  answer(response, answerText(session.subject, session.get("profile")));
}

/** Holdfast on `node:http` with the store that `open` opens. */
export function onNode(
  id: string,
  title: string,
  open: (ground: SystemGround) => Opened | Promise<Opened>,
  server?: ServerName,
): System {
  return {
    id,
    title,
    bare: "node",
    counts: true,
    ...(server === undefined ? {} : { server }),
    cases: server === undefined ? CASES : [...CASES, "everywhere"],
    async start(ground) {
      const { sessions, operations, close } = sessionsOn(await open(ground), ground);
      const { handle, session } = nodeSessions(sessions);
      const server = createServer(
        handle((request, response) => serve(sessions, session(request), request, response)),
      );
      return listen(server, { operations, close });
    },
  };
}

export const holdfastNode: System = onNode("holdfast", "Holdfast on node:http, memory", openMemory);
