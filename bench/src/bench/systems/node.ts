/**
 * `node:http` alone, and with one HS256 verification by jose.
 * @module
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { jwtVerify, SignJWT } from "jose";
import { ACCOUNT, answerText, type Content, content, plainAnswer } from "../content.ts";
import type { RunningSystem, System } from "./system.ts";

/** Answers with the same few headers everywhere. */
export function answer(response: ServerResponse, body: string): void {
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}

/** Listens on a free loopback port. */
export async function listen(
  server: Server,
  { operations, close }: Partial<Pick<RunningSystem, "operations" | "close">> = {},
): Promise<RunningSystem> {
  if (!server.listening) {
    if (server.address() === null) server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  return {
    port: (server.address() as AddressInfo).port,
    operations: operations ?? (() => 0),
    async close() {
      server.close();
      server.closeAllConnections();
      await close?.();
    },
  };
}

export const nodeBare: System = {
  id: "node",
  title: "node:http",
  cases: [],
  start: () => listen(createServer((_request, response) => answer(response, plainAnswer))),
};

export const joseNode: System = {
  id: "jose",
  title: "jose HS256 on node:http",
  bare: "node",
  cases: ["unchanged", "forged"],
  async start() {
    // A CryptoKey made once is the fastest that jose offers.
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const secret = randomBytes(32);
    const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign", "verify"]);
    const serve: RequestListener = async (request, response) => {
      if (request.url === "/sign-in") {
        const token = await new SignJWT({ ...content })
          .setProtectedHeader({ alg: "HS256" })
          .setSubject(ACCOUNT)
          .setExpirationTime("12h")
          .sign(key);
        response.setHeader("Set-Cookie", `token=${token}; Path=/; HttpOnly`);
        return answer(response, plainAnswer);
      }
      const token = request.headers.cookie?.slice("token=".length) ?? "";
      try {
        const { payload } = await jwtVerify<Content>(token, key, { algorithms: ["HS256"] });
        answer(response, answerText(payload.sub, payload.profile));
      } catch {
        // A token that does not verify is nobody's: the page is served, as with every other system.
        answer(response, answerText(undefined, undefined));
      }
    };
    return listen(createServer((request, response) => void serve(request, response)));
  },
};
