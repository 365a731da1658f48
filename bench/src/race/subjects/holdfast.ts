/**
 * Holdfast on `node:http`, with every store.
 * @module
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createKeyring, createSessions, type Session, sessionData } from "holdfast";
import { nodeSessions } from "holdfast/adapters/node";
import {
  openStore,
  STORE_NAMES,
  type StoreDescription,
  type StoreName,
  storeRows,
} from "../../support/stores.ts";
import { respond, type SessionActions } from "../application.ts";
import { idleSeconds, type Subject } from "./subject.ts";

type Values = Record<string, number>;

const idioms = [
  "sign-in: signIn with a checkpoint asked for before the password is checked",
  "sign-out: signOut",
  "step-up: stepUp; periodic rotation: built in",
  "revoke all: subject(id).revokeAll",
  "renewal: built in",
];

export const holdfastSubjects: readonly Subject[] = STORE_NAMES.map(subject);

function subject(name: StoreName): Subject {
  return {
    id: `holdfast-${name}`,
    title: `Holdfast, ${storeRows[name].title}`,
    isOurs: true,
    idioms,
    lacks: [],
    stores: [name],
    async start(ground) {
      const { store, close } = await openStore(ground.stores[0] as StoreDescription);
      const seconds = idleSeconds[ground.mode];
      const sessions = createSessions({
        keyring: createKeyring({ bytes: Buffer.from(ground.secret, "hex") }),
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
          await close();
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
