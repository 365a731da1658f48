/**
 * Several processes on one SQLite file, and one that is killed while it writes.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { build } from "esbuild";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sqliteStore } from "../src/stores/sqlite.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-processes-"));
const program = join(folder, "child.mjs");
const children: ChildProcess[] = [];

beforeAll(async () => {
  const entry = join(import.meta.dirname, "sqlite-child.ts");
  const options = { bundle: true, platform: "node", format: "esm" } as const;
  await build({ ...options, entryPoints: [entry], outfile: program });
});

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

function start(task: "mix" | "create", path: string, seed: number) {
  const values = [program, task, path, String(seed), import.meta.filename];
  const child = spawn(process.execPath, values, { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return child;
}

function integrityOf(db: Database.Database): unknown {
  return db.prepare("PRAGMA integrity_check").all();
}

const INTACT = [expect.objectContaining({ integrity_check: "ok" })];

describe("a SQLite file", () => {
  it("serves four processes at once: no put is lost, and no lock shows", {
    timeout: 30_000,
  }, async () => {
    const path = join(folder, "mix.db");
    // The shared records come first; the other processes still meet while setting up their connections.
    const db = new Database(path);
    const store = sqliteStore(db);
    for (let n = 0; n < 3; n += 1) {
      const { key, record } = sampleSession(n, { data: Buffer.alloc(4) });
      await store.create(key, record, { now: sampleNow });
    }
    const outputs = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => {
        const { stdout, stderr } = start("mix", path, seed);
        const [output, errors] = await Promise.all([text(stdout), text(stderr)]);
        expect(errors).toBe("");
        return Number(output);
      }),
    );

    let stored = 0;
    for (let n = 0; n < 3; n += 1) {
      const record = await store.get(sampleSession(n).key);
      const count = Buffer.from(record?.data ?? []).readUInt32BE();
      expect(record?.version, "one version for each put").toBe(count + 1);
      stored += count;
    }
    const acknowledged = outputs.reduce((sum, count) => sum + count, 0);
    expect(acknowledged).toBeGreaterThan(0);
    expect(stored).toBe(acknowledged);
    expect(integrityOf(db)).toEqual(INTACT);
    db.close();
  });

  it("can be set up by four processes at the same moment", { timeout: 30_000 }, async () => {
    const path = join(folder, "set-up.db");
    const processes = [1, 2, 3, 4].map((seed) => start("create", path, seed));
    await Promise.all(processes.map(({ stdout }) => once(stdout, "data")));
    await Promise.all(
      processes.map(async (child) => {
        const errors = text(child.stderr);
        child.stdout.resume();
        child.kill("SIGKILL");
        expect(await errors).toBe("");
      }),
    );
  });

  it("opens after a kill -9 with every acknowledged session", { timeout: 30_000 }, async () => {
    const path = join(folder, "kill.db");
    const child = start("create", path, 1);
    let seen = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.length;
      // About 500 lines: in the middle of something, and past the first checkpoint of the log.
      if (seen > 2000) child.kill("SIGKILL");
    });
    const output = await buffer(child.stdout);
    const lines = output.toString().split("\n");
    const acknowledged = lines.slice(0, -1).map(Number);
    expect(acknowledged.length).toBeGreaterThan(400);

    const db = new Database(path);
    const store = sqliteStore(db);
    const listed = new Set<string>();
    for (let n = 0; n < 5; n += 1) {
      for (const { key } of await store.listSubject(sampleSubject(n))) listed.add(key);
    }
    for (const n of acknowledged) {
      const { key, record } = sampleSession(n, { subjectKey: sampleSubject(n % 5) });
      expect(await store.get(key)).toMatchObject({ handle: record.handle });
      expect(listed.has(key)).toBe(true);
    }
    expect(integrityOf(db)).toEqual(INTACT);
    db.close();
  });
});
