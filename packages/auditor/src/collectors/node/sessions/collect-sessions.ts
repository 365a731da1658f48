/**
 * Sessions of a Node application: each set-up of a library read by the one who knows it.
 * @module
 */
import type { SessionEvidence, Stack } from "../../../evidence.ts";
import type { SetUp } from "./find-setups.ts";
import { authJs, betterAuth, holdfast } from "./setup-auth.ts";
import { honoSession, koaSession, koaStoreSession } from "./setup-koa-hono.ts";
import { serverSideSession } from "./setup-server-side.ts";
import { cookieSession, ironSession, secureSession } from "./setup-stateless.ts";

interface Library {
  readonly stack: Stack;
  read(setUp: SetUp): SessionEvidence;
}

const LIBRARIES: ReadonlyMap<string, Library> = new Map<string, Library>([
  ["express-session", { stack: "express-session", read: serverSideSession }],
  ["@fastify/session", { stack: "@fastify/session", read: serverSideSession }],
  ["cookie-session", { stack: "cookie-session", read: cookieSession }],
  ["@fastify/secure-session", { stack: "@fastify/secure-session", read: secureSession }],
  ["iron-session", { stack: "iron-session", read: ironSession }],
  ["koa-session", { stack: "koa-session", read: koaSession }],
  ["koa-generic-session", { stack: "koa-session", read: koaStoreSession }],
  ["koa-session2", { stack: "koa-session", read: koaStoreSession }],
  ["koa-session-minimal", { stack: "koa-session", read: koaStoreSession }],
  ["hono-sessions", { stack: "hono-sessions", read: honoSession }],
  ["next-auth", { stack: "next-auth", read: authJs }],
  ["better-auth", { stack: "better-auth", read: betterAuth }],
  ["holdfast", { stack: "holdfast", read: holdfast }],
]);

export function sessionsOf(setUps: readonly SetUp[]): readonly SessionEvidence[] {
  return setUps.flatMap((setUp) => LIBRARIES.get(setUp.library)?.read(setUp) ?? []);
}

/** The stack that fixes are written for: that of the first session. */
export function stackOf(setUps: readonly SetUp[]): Stack {
  const [first] = setUps;
  return (first && LIBRARIES.get(first.library)?.stack) ?? "other";
}
