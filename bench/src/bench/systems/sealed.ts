/**
 * iron-session: the session is sealed into the cookie, and no store is asked.
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { getIronSession } from "iron-session";
import { ACCOUNT, answerText, type Content, content } from "../content.ts";
import { answer, listen } from "./node.ts";
import type { System } from "./system.ts";

type Data = Partial<Content> & { user?: string };

const options = {
  password: "a password of the benchmark alone, long enough",
  cookieName: "sealed",
  cookieOptions: { secure: false },
};

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = await getIronSession<Data>(request, response, options);
  if (request.url === "/sign-in") {
    session.user = ACCOUNT;
    await session.save();
  }
  if (request.url === "/fill") {
    Object.assign(session, content);
    await session.save();
  }
  if (request.url === "/change") {
    session.visits = (session.visits ?? 0) + 1;
    await session.save();
  }
  answer(response, answerText(session.user, session.profile));
}

export const ironSession: System = {
  id: "iron-session",
  title: "iron-session on node:http (no store)",
  bare: "node",
  cases: ["none", "unchanged", "changed", "sign-in", "forged"],
  start: () => listen(createServer((request, response) => void serve(request, response))),
};
