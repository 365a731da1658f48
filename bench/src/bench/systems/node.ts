/**
 * `node:http` alone, and with one verification by jose, HS256 or ES256.
 * @module
 */
import { randomBytes, type webcrypto } from "node:crypto";
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
  {
    operations,
    close,
  }: { readonly operations?: () => number; readonly close?: () => unknown } = {},
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

/** Keys made once are the fastest that jose offers. */
interface JoseKeys {
  readonly sign: webcrypto.CryptoKey;
  readonly verify: webcrypto.CryptoKey;
}

function joseSystem(id: string, alg: string, makeKeys: () => Promise<JoseKeys>): System {
  return {
    id,
    title: `jose ${alg} on node:http`,
    bare: "node",
    cases: ["unchanged", "forged"],
    async start() {
      const keys = await makeKeys();
      const serve: RequestListener = async (request, response) => {
        if (request.url === "/sign-in") {
          const token = await new SignJWT({ ...content })
            .setProtectedHeader({ alg })
            .setSubject(ACCOUNT)
            .setExpirationTime("12h")
            .sign(keys.sign);
          response.setHeader("Set-Cookie", `token=${token}; Path=/; HttpOnly`);
          return answer(response, plainAnswer);
        }
        const token = request.headers.cookie?.slice("token=".length) ?? "";
        try {
          const { payload } = await jwtVerify<Content>(token, keys.verify, { algorithms: [alg] });
          answer(response, answerText(payload.sub, payload.profile));
        } catch {
          // A token that does not verify is nobody's: the page is served, as with every other system.
          answer(response, answerText(undefined, undefined));
        }
      };
      return listen(createServer((request, response) => void serve(request, response)));
    },
  };
}

export const joseNode: System = joseSystem("jose", "HS256", async () => {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const uses = ["sign", "verify"] as const;
  const key = await crypto.subtle.importKey("raw", randomBytes(32), algorithm, false, [...uses]);
  return { sign: key, verify: key };
});

export const joseEs256: System = joseSystem("jose-es256", "ES256", async () => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, false, [
    "sign",
    "verify",
  ]);
  return { sign: privateKey, verify: publicKey };
});
