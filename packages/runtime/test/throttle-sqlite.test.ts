/**
 * The throttle over a SQLite file: counters that outlive the process, and no more guesses at once than one
 * after the other.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { RateLimiterSQLite } from "rate-limiter-flexible";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { fakeTime, startGuessing } from "./support/throttle.ts";

const folder = mkdtempSync(join(tmpdir(), "hf-throttle-"));

beforeEach(fakeTime);
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

it("counts in one table of a file, for every process that opens it", async () => {
  const open = () => {
    const db = new Database(join(folder, "shop.db"));
    db.exec(
      "CREATE TABLE IF NOT EXISTS sign_in_attempts (key TEXT PRIMARY KEY, points INTEGER NOT NULL DEFAULT 0, expire INTEGER)",
    );
    const guessing = startGuessing({
      limiter: (options) =>
        new RateLimiterSQLite({
          storeClient: db,
          storeType: "better-sqlite3",
          tableName: "sign_in_attempts",
          tableCreated: true,
          ...options,
        }),
    });
    return { db, ...guessing };
  };
  const first = open();
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => first.guess("alice", "x")));
  expect(first.checked).toHaveLength(5);
  expect(outcomes.filter((outcome) => outcome === "wrong")).toHaveLength(5);
  expect(await first.guess("bob", "bob's own")).toBe("in");
  first.db.close();

  const second = open();
  expect(await second.guess("alice", "alice's own")).toBe(900 - 10);
  expect(await second.guess("alice", "alice's own", { address: "192.0.2.2" })).toBe("in");
  const rows = second.db.prepare("SELECT key FROM sign_in_attempts").all() as { key: string }[];
  for (const { key } of rows) expect(key).toMatch(/^holdfast_[a-z]+_\d+:[\w-]{22}$/);
  second.db.close();
});
