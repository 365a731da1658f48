/**
 * Remember-me over the stores that need no server, and what a store without an index is told at start-up.
 */
import Database from "libsql";
import { describe, expect, it } from "vitest";
import { memcachedStore } from "../src/stores/memcached.ts";
import { memoryStore } from "../src/stores/memory.ts";
import { sqliteStore } from "../src/stores/sqlite.ts";
import { asyncStore } from "./support/engine.ts";
import { startRemembering } from "./support/remember.ts";
import { rememberCases } from "./support/remember-stores.ts";

for (const [name, open] of [
  ["memory", () => memoryStore()],
  ["memory, with promises", () => asyncStore(memoryStore())],
  ["SQLite", () => sqliteStore(new Database(":memory:"))],
] as const) {
  describe(`remember-me over ${name}`, () => {
    for (const { title, run } of rememberCases) it(title, () => run(open()));
  });
}

describe("a store without an index", () => {
  // Nothing is asked of the server at start-up.
  const store = memcachedStore({ servers: [{ host: "127.0.0.1", port: 1 }] });
  const policy = { sessionsPerSubject: 0 };

  it("is refused, since a changed password could end no device", () => {
    expect(() => startRemembering({ store, policy })).toThrow(
      expect.objectContaining({
        code: "HOLDFAST_OPTION",
        message: expect.stringMatching(/credentialStamp.*unsafeWithoutIndex.*lacks the trait/),
      }),
    );
  });

  it("serves with a credential stamp, which ends devices one by one", () => {
    const engine = startRemembering({ store, policy, credentialStamp: () => "1" });
    expect(engine.seen("option.unsafe")).toEqual([]);
  });

  it("serves where that is given up by name, which is an event", () => {
    const engine = startRemembering({ store, policy, remember: { unsafeWithoutIndex: true } });
    expect(engine.seen("option.unsafe")).toMatchObject([
      { option: "rememberMe.unsafeWithoutIndex" },
    ]);
  });

  it("cannot end an account's other sessions when a theft is found", () => {
    const remember = { onTheft: "account", unsafeWithoutIndex: true } as const;
    expect(() => startRemembering({ store, policy, remember })).toThrow(/rememberMe.onTheft/);
  });
});
