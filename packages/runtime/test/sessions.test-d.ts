/** Types of the public surface: what must not compile, and what the clients and frameworks must accept. */
import type BetterSqlite3 from "better-sqlite3";
import express, { type RequestHandler } from "express";
import type Libsql from "libsql";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import { expressSessions } from "../src/adapters/express.ts";
import {
  createSessions,
  type Keyring,
  type ReadOnly,
  type Session,
  type SessionEvent,
  type SessionRefusal,
  sessionData,
} from "../src/index.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { type SqliteDatabase, sqliteStore } from "../src/stores/sqlite.ts";

declare const keyring: Keyring;
const store = memoryStore();

interface Cart {
  items: { id: string; tags: string[] }[];
  coupon?: string;
}

const sessions = createSessions({
  keyring,
  store,
  data: sessionData<{ cart: Cart; n: number }>(),
  levels: ["remembered", "password", "passkey"],
});
declare const request: import("express").Request;
const { middleware, session } = expressSessions(sessions);
const s = session(request);

// Everything is inferred from `data` and `levels`.
expectTypeOf(s).toEqualTypeOf<
  Session<{ cart: Cart; n: number }, "remembered" | "password" | "passkey">
>();
expectTypeOf(s.get("n")).toEqualTypeOf<number | undefined>();
expectTypeOf(s.get("cart")).toEqualTypeOf<ReadOnly<Cart> | undefined>();
expectTypeOf(s.level).toEqualTypeOf<"remembered" | "password" | "passkey" | undefined>();
expectTypeOf(s.subject).toEqualTypeOf<string | undefined>();

// A misspelt key does not compile, nor does a value of another type.
// @ts-expect-error
s.get("crat");
// @ts-expect-error
s.set("crat", 1);
// @ts-expect-error
s.delete("crat");
// @ts-expect-error
s.update("crat", () => 1);
// @ts-expect-error
s.set("n", "1");
// @ts-expect-error
s.set("n", undefined);
// @ts-expect-error
s.update("n", () => "1");
// @ts-expect-error
s.update("n", async (n = 0) => n + 1);
s.update("n", (n = 0) => n + 1);
s.update("n", () => undefined);
s.set("cart", { items: [] });

// What `get` returns is read-only, all the way down.
const cart = s.get("cart");
if (cart !== undefined) {
  // @ts-expect-error
  cart.coupon = "x";
  // @ts-expect-error
  cart.items.push({ id: "1", tags: [] });
  // @ts-expect-error
  cart.items[0].tags.push("x");
  expectTypeOf(cart.items[0]?.tags).toEqualTypeOf<readonly string[] | undefined>();
}
s.update("cart", (value) => {
  // @ts-expect-error
  value?.items.push({ id: "1", tags: [] });
  return { items: [] };
});

// A misspelt level does not compile; with several levels, one has to be named.
s.signIn("u", { level: "password", carry: ["cart"], checkpoint: "c" });
// @ts-expect-error
s.signIn("u", { level: "pasword" });
// @ts-expect-error
s.signIn("u", { level: "password", carry: ["crat"] });
// @ts-expect-error
s.signIn("u");
// @ts-expect-error
s.signIn("u", {});
// @ts-expect-error
s.signIn("u", { carry: ["cart"] });
s.stepUp("passkey");
// @ts-expect-error
s.stepUp();
// @ts-expect-error
s.stepUp("pass-key");
s.requireLevel("passkey");
// @ts-expect-error
s.requireLevel("pass-key");
// @ts-expect-error
s.signIn("u", { level: "password", chekpoint: "c" });

// With one level, it goes without saying.
const single = createSessions({ keyring, store });
declare const plain: Awaited<ReturnType<typeof single.open>>["session"];
plain.signIn("u");
plain.signIn("u", {});
plain.signIn("u", { level: "signed-in" });
plain.stepUp();
// @ts-expect-error
plain.signIn("u", { level: "password" });
plain.set("anything", { at: "all" });
expectTypeOf(plain.get("anything")).toEqualTypeOf<unknown>();

// A misspelt option does not compile, in the options or in the policy.
// @ts-expect-error
createSessions({ keyring, store, leves: ["a"] });
// @ts-expect-error
createSessions({ keyring, store, policy: { httpOnly: false } });
// @ts-expect-error
createSessions({ keyring, store, policy: { sameSite: "None" } });
// @ts-expect-error
createSessions({ store });

// A Standard Schema gives the data its type.
const withSchema = createSessions({
  keyring,
  store,
  data: z.object({ theme: z.enum(["dark", "light"]), visits: z.number().optional() }),
});
declare const typed: Awaited<ReturnType<typeof withSchema.open>>["session"];
expectTypeOf(typed.get("theme")).toEqualTypeOf<"dark" | "light" | undefined>();
typed.set("visits", 1);
// @ts-expect-error
typed.set("theme", "blue");
// @ts-expect-error
typed.get("them");

// Real clients and frameworks fit, by their own types.
expectTypeOf<BetterSqlite3.Database>().toExtend<SqliteDatabase>();
expectTypeOf<Libsql.Database>().toExtend<SqliteDatabase>();
declare const db: Libsql.Database;
createSessions({ keyring, store: sqliteStore(db) });
expectTypeOf(middleware).toExtend<RequestHandler>();
express().use(middleware);
express().use("/shop", middleware);

// Events are one closed union.
function assertNever(event: never): never {
  throw event;
}
export function label(event: SessionEvent): string {
  switch (event.type) {
    case "session.created":
    case "session.signed-in":
    case "sign-in.refused":
    case "session.rotated":
    case "session.stepped-up":
    case "session.signed-out":
    case "session.revoked":
    case "session.expired":
    case "token.refused":
    case "cross-site.refused":
    case "csrf.refused":
    case "device.remembered":
    case "device.resumed":
    case "device.theft-detected":
    case "device.forgotten":
    case "sign-in.throttled":
    case "sign-in.flood":
    case "write.dropped":
    case "commit.failed":
    case "store.unavailable":
    case "store.recovered":
    case "store.misconfigured":
    case "clock.skewed":
    case "cache.overridden":
    case "cookie.undeliverable":
    case "option.unsafe":
      return event.type;
    default:
      return assertNever(event);
  }
}
expectTypeOf<SessionRefusal["status"]>().toEqualTypeOf<number>();
