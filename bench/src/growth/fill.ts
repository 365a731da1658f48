/**
 * Fills a server with sessions faster than a store would: by copying one that the store itself wrote, under
 * keys that can be worked out again from a number.
 * @module
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import type { SessionRecord, SessionStore } from "holdfast/stores/store";
import { Redis } from "ioredis";
import pg from "pg";

/** The store key of the `n`th session that was filled in: its bucket is of the subject of the same number. */
export function filledKey(n: number): string {
  return subjectOf(n).slice(0, 4) + sha256(`session ${n}`);
}

function subjectOf(n: number): string {
  return sha256(`subject ${n}`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const TEMPLATE = -1;
const KEPT_MS = 30 * 24 * 3_600_000;

/** One session of about 200 bytes of data, signed in, alive for a month. */
function templateRecord(): SessionRecord {
  const now = Date.now();
  return {
    format: 1,
    version: 1,
    handle: "growth-template-0000",
    subjectKey: subjectOf(TEMPLATE),
    secretHash: Buffer.alloc(32, 1),
    confirmedAt: now,
    presentedAt: now,
    retired: [],
    successor: null,
    createdAt: now,
    absoluteExpiresAt: now + KEPT_MS,
    idleExpiresAt: now + KEPT_MS,
    flags: 0,
    writeIds: ["0123456789abcdef"],
    meta: Buffer.alloc(150, 2),
    data: Buffer.alloc(230, 3),
  };
}

async function createTemplate(store: SessionStore): Promise<void> {
  const record = templateRecord();
  await store.create(filledKey(TEMPLATE), record, { now: record.createdAt });
}

const PIPELINE = 1000;

/** The session's value and its entry in the index of its subject, in the layout of `redisStore`. */
export async function fillRedis(port: number, store: SessionStore, count: number): Promise<void> {
  await createTemplate(store);
  const client = new Redis(port, "127.0.0.1");
  const names = await client.keys("*");
  const key = filledKey(TEMPLATE);
  const sessionName = names.find((name) => name.includes(key.slice(4)));
  const indexName = names.find((name) => name.includes(subjectOf(TEMPLATE)));
  if (sessionName === undefined || indexName === undefined) {
    throw new Error("redisStore keeps its sessions under names that this program does not know");
  }
  const value = (await client.getBuffer(sessionName)) as Buffer;
  client.disconnect();

  const nameOf = (name: string, n: number) => {
    const filled = filledKey(n);
    return name
      .replace(subjectOf(TEMPLATE), subjectOf(n))
      .replace(key.slice(4), filled.slice(4))
      .replace(`{${key.slice(0, 4)}}`, `{${filled.slice(0, 4)}}`);
  };
  const endsAt = String(Date.now() + KEPT_MS);
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let answers = 0;
  // Every answer is one line: `+OK` or `:1`.
  socket.on("data", (chunk) => {
    for (const byte of chunk) if (byte === 10) answers += 1;
    if (chunk.includes("-")) socket.destroy(new Error(`Redis refused to be filled: ${chunk}`));
  });
  for (let n = 0; n < count; ) {
    const parts: Buffer[] = [];
    for (const end = Math.min(n + PIPELINE, count); n < end; n++) {
      parts.push(command("SET", nameOf(sessionName, n), value, "PXAT", endsAt));
      parts.push(command("ZADD", nameOf(indexName, n), endsAt, filledKey(n).slice(4)));
    }
    if (!socket.write(Buffer.concat(parts))) await once(socket, "drain");
  }
  while (answers < count * 2) await once(socket, "data");
  socket.destroy();
}

function command(...parts: readonly (string | Buffer)[]): Buffer {
  const pieces: Buffer[] = [Buffer.from(`*${parts.length}\r\n`)];
  for (const part of parts) {
    const bytes = Buffer.from(part);
    pieces.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(pieces);
}

/** Copies the row of the template within the server. */
export async function fillPostgres(url: string, store: SessionStore, count: number): Promise<void> {
  await createTemplate(store);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const subject = "sha256(convert_to('subject ' || n, 'UTF8'))";
  await client.query(`
    INSERT INTO holdfast_sessions (key, version, idle_expires_at, absolute_expires_at, sweep_at, handle,
      subject_key, record)
    SELECT substring(${subject} FOR 2) || sha256(convert_to('session ' || n, 'UTF8')), version,
      idle_expires_at, absolute_expires_at, sweep_at, handle, ${subject}, record
    FROM holdfast_sessions, generate_series(0, ${count - 1}) AS n
    WHERE key = '\\x${filledKey(TEMPLATE)}'`);
  await client.query("VACUUM (ANALYZE) holdfast_sessions");
  await client.end();
}
