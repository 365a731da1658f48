/**
 * One of the processes of sqlite-processes.test.ts: opens the file it is given and writes until it is
 * done, or killed. Bundled by the test, since the oldest Node here runs no TypeScript.
 * @module
 */
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { sqliteStore } from "../src/stores/sqlite.ts";
import { sampleNow, sampleSession, sampleSubject } from "../src/testing/index.ts";

const [task, path = "", seedText = "0", resolveFrom = ""] = process.argv.slice(2);
const Database = createRequire(resolveFrom)("libsql") as typeof import("libsql");
const store = sqliteStore(new Database(path));
const now = sampleNow;

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Counts up in shared records, and meanwhile does of everything else a little. */
async function mix(seed: number): Promise<void> {
  const random = randomFrom(seed);
  let counted = 0;
  for (let i = 0; i < 80; i += 1) {
    const { key } = sampleSession(Math.floor(random() * 3));
    const read = await store.get(key);
    if (read === undefined) throw new Error("a shared record is gone");
    const count = Buffer.from(read.data).readUInt32BE() + 1;
    const data = Buffer.alloc(4);
    data.writeUInt32BE(count);
    if (await store.put(key, { ...read, version: read.version + 1, data })) counted += 1;

    const subjectKey = sampleSubject(seed);
    const own = sampleSession(1000 * seed + i, { subjectKey });
    const checkpoint = await store.checkpoint(subjectKey, now);
    const created = await store.create(own.key, own.record, { now, checkpoint });
    if (created !== "created") throw new Error(`own session: ${created}`);
    await store.touch(own.key, 1, own.record.idleExpiresAt + i);
    const choice = random();
    if (choice < 0.2) await store.delete(own.key);
    else if (choice < 0.3) await store.deleteSubject(subjectKey);
    else if (choice < 0.4) await store.sweep(now, 10);
  }
  const listed = await store.listSubject(sampleSubject(seed));
  for (const { key } of listed) {
    if ((await store.get(key)) === undefined) throw new Error("listed, but not there");
  }
  writeSync(1, `${counted}\n`);
}

/** Creates one session after the other, and names each once it is acknowledged. */
async function create(): Promise<void> {
  for (let n = 0; ; n += 1) {
    const { key, record } = sampleSession(n, { subjectKey: sampleSubject(n % 5) });
    await store.create(key, record, { now });
    writeSync(1, `${n}\n`);
  }
}

await (task === "mix" ? mix(Number(seedText)) : create());
