/**
 * What the PostgreSQL store does before, and without, a server: options, clients, schema.
 * @module
 */
import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { type PgPool, type PostgresClient, postgresSchema, postgresStore } from "./postgres.ts";
import type { StoreProblem } from "./store.ts";

/** A pool that answers every query alike. */
class FakePool extends EventEmitter implements PgPool {
  readonly totalCount = 0;
  readonly #answer: () => Promise<unknown>;

  constructor(answer: () => Promise<unknown> = async () => ({ rows: [], rowCount: 0 })) {
    super();
    this.#answer = answer;
  }

  query(): Promise<unknown> {
    return this.#answer();
  }
}

const failingWith = (code: string) =>
  postgresStore(
    new FakePool(async () => Promise.reject(Object.assign(new Error("no"), { code }))),
    {
      table: "logins",
    },
  );

describe("postgresStore", () => {
  for (const client of [{}, { query() {} }, { unsafe() {} }, { unsafe: true, begin: true }]) {
    it(`takes no client that is neither: ${Object.keys(client).join(", ") || "nothing"}`, () => {
      expect(() => postgresStore(client as PostgresClient)).toThrow(
        expect.objectContaining({ code: "HOLDFAST_OPTION", details: { option: "client" } }),
      );
    });
  }

  it("takes no client that is not there", () => {
    expect(() => postgresStore(undefined as unknown as PostgresClient)).toThrow(/"client" must/);
  });

  it("refuses an option that it does not have", () => {
    expect(() => postgresStore(new FakePool(), { tabel: "x" } as object)).toThrow(/"tabel" is not/);
  });

  for (const table of ["", "1st", 'a"b', "a.b.c", "a b", ".a", "a.", "x".repeat(51), "s;--"]) {
    it(`refuses to paste a table's name into SQL: ${table || "nothing"}`, () => {
      expect(() => postgresStore(new FakePool(), { table })).toThrow(/"table" must be/);
      expect(() => postgresSchema(table)).toThrow(/"table" must be/);
    });
  }

  it("has a pool's lost idle connections end no process, with one listener however many stores", () => {
    const pool = new FakePool();
    postgresStore(pool);
    postgresStore(pool, { table: "other" });
    expect(pool.listenerCount("error")).toBe(1);
    expect(() => pool.emit("error", new Error("terminating connection"))).not.toThrow();
  });

  for (const [code, said] of [
    ["42P01", /"logins".* missing.*holdfast migrate schema postgres --table logins/],
    ["42703", /"logins".*earlier release.*holdfast migrate schema postgres --table logins/],
    ["3F000", /schema of the table "logins" is missing/],
    ["42501", /lacks rights.*grant SELECT, INSERT, UPDATE and DELETE/],
    ["25006", /connect to the primary/],
  ] as const) {
    it(`says in words what a person must mend: ${code}`, async () => {
      await expect(failingWith(code).get("00")).rejects.toMatchObject({
        code: "HOLDFAST_STORE",
        message: expect.stringMatching(said),
        cause: { code },
      });
    });
  }

  it("rejects with the client's own error otherwise", async () => {
    await expect(failingWith("57P01").get("00")).rejects.toMatchObject({
      code: "57P01",
      message: "no",
    });
  });

  it("sends again what the server undid, and not for ever", async () => {
    for (const code of ["40001", "40P01"]) {
      let calls = 0;
      const flaky = new FakePool(async () => {
        calls += 1;
        if (calls < 4) throw Object.assign(new Error("undone"), { code });
        return { rows: [], rowCount: 1 };
      });
      expect(await postgresStore(flaky).touch("00", 1, 2)).toBe(true);
      expect(calls).toBe(4);
    }
    await expect(failingWith("40001").get("00")).rejects.toMatchObject({ code: "40001" });
  });

  it("reports nothing of a server that it cannot ask, and leaves no rejection behind", async () => {
    const problems: StoreProblem[] = [];
    let asked = 0;
    const away = new FakePool(async () => {
      asked += 1;
      throw new Error("away");
    });
    postgresStore(away).watch?.((problem) => problems.push(problem));
    await new Promise(setImmediate);
    expect({ problems, asked }).toEqual({ problems: [], asked: 1 });
  });

  for (const [title, row, expected] of [
    ["a sound server", ["on", "f", "f", "", "on"], []],
    ["a standby that confirms", ["on", "f", "t", "FIRST 1 (b)", "on"], []],
    ["a standby that confirms and is not asked", ["on", "f", "t", "b", "local"], ["replicas"]],
    ["a standby that confirms nothing", ["on", "f", "t", "", "on"], ["replicas"]],
    ["being a standby", ["on", "t", "f", "", "on"], ["read-only"]],
    ["fsync off", ["off", "f", "f", "", "on"], ["not-durable"]],
  ] as const) {
    it(`reports ${expected.length === 0 ? "nothing" : "a problem"}: ${title}`, async () => {
      const pool = new FakePool(async () => ({ rows: [row], rowCount: 1 }));
      const problems: string[] = [];
      postgresStore(pool).watch?.(({ problem }) => problems.push(problem));
      await new Promise(setImmediate);
      expect(problems).toEqual(expected);
    });
  }
});
