/**
 * `holdfast migrate schema`, and the files of SQL that the package carries.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mysqlSchema } from "../stores/mysql-schema.ts";
import { postgresSchema } from "../stores/postgres-schema.ts";
import { main } from "./main.ts";

async function migrate(...args: readonly string[]) {
  let out = "";
  let err = "";
  const code = await main(["migrate", ...args], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    now: () => 0,
  });
  return { code, out, err };
}

describe("holdfast migrate schema", () => {
  it("prints the schema of PostgreSQL, and nothing else", async () => {
    const printed = await migrate("schema", "postgres");
    expect(printed).toEqual({ code: 0, out: postgresSchema(), err: "" });
    expect(printed.out).toContain('CREATE TABLE IF NOT EXISTS "holdfast_sessions"');
  });

  it("prints the schema of MySQL, and nothing else", async () => {
    const printed = await migrate("schema", "mysql");
    expect(printed).toEqual({ code: 0, out: mysqlSchema(), err: "" });
  });

  it("names the table that it is told", async () => {
    const { out } = await migrate("schema", "postgres", "--table", "app.logins");
    expect(out).toBe(postgresSchema("app.logins"));
    expect(out).toContain('"app"."logins_subjects"');
    expect((await migrate("schema", "mysql", "--table", "logins")).out).toBe(mysqlSchema("logins"));
  });

  it("partitions the sessions as it is told", async () => {
    const { out } = await migrate("schema", "postgres", "--partitions", "4");
    expect(out.match(/PARTITION OF/g)).toHaveLength(4);
  });

  it("prints JSON", async () => {
    const { out } = await migrate("schema", "postgres", "--json");
    expect(JSON.parse(out)).toEqual({ ok: true, sql: postgresSchema() });
  });

  for (const args of [["--help"], ["schema", "--help"]]) {
    it(`helps: ${args.join(" ")}`, async () => {
      const { code, out } = await migrate(...args);
      expect(code).toBe(0);
      expect(out).toMatch(/^Usage: holdfast migrate/);
    });
  }

  for (const [args, said] of [
    [[], /Usage: holdfast migrate/],
    [["data"], /no `holdfast migrate data`/],
    [["schema"], /Say which server/],
    [["schema", "oracle"], /no schema for "oracle"/],
    [["schema", "mysql", "postgres"], /One server at a time/],
    [["schema", "mysql", "--partitions", "4"], /postgres only/],
    [["schema", "postgres", "--tabel", "x"], /--tabel/],
    [["schema", "postgres", "--table", 'x"; DROP TABLE users; --'], /"table" must be/],
    [["schema", "mysql", "--table", "x`y"], /"table" must be/],
    [["schema", "postgres", "--partitions", "1.5"], /"partitions" must be/],
    [["schema", "postgres", "--partitions", "2000"], /"partitions" must be/],
  ] as const) {
    it(`could not run: ${["migrate", ...args].join(" ")}`, async () => {
      const { code, out, err } = await migrate(...args);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toMatch(said);
    });
  }
});

describe("the SQL files of the package", () => {
  for (const [server, text] of [
    ["postgres", postgresSchema()],
    ["mysql", mysqlSchema()],
  ] as const) {
    it(`hold what the command prints: ${server}.sql`, () => {
      const path = join(import.meta.dirname, "..", "..", "schema", `${server}.sql`);
      const hint = `npx holdfast migrate schema ${server} > packages/runtime/schema/${server}.sql`;
      expect(readFileSync(path, "utf8").replaceAll("\r\n", "\n"), hint).toBe(text);
    });
  }
});
