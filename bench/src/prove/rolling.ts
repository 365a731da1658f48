/**
 * Two releases side by side on one file and one ring of keys, as during a rolling deployment: nobody is
 * signed out, and the older one damages nothing that the newer one wrote.
 * @module
 */
import { join } from "node:path";
import { sqliteStore } from "holdfast/stores/sqlite";
import type { SessionRecord } from "holdfast/stores/store";
import { openAgent } from "../support/browser.ts";
import { type ServerProcess, startServer } from "../support/child.ts";
import { openSqlite, temporaryFolder } from "../support/sqlite.ts";
import { runKeys } from "./keys.ts";
import { NEWER_FORMAT } from "./newer-store.ts";
import { type Proof, proofOf } from "./proof.ts";
import type { ProveOrder } from "./server.ts";
import { Visitor } from "./visitor.ts";

export interface RollingOptions {
  /** Users of each release. */
  readonly users: number;
}

type Server = ServerProcess<{ readonly port: number }>;

export async function proveRolling({ users }: RollingOptions): Promise<Proof> {
  const folder = temporaryFolder();
  const databaseFile = join(folder.path, "sessions.db");
  const keyFile = join(folder.path, "holdfast.keys");
  runKeys("generate", keyFile);
  const start = (...args: readonly string[]) =>
    startServer<{ port: number }>("prove/server.js", [databaseFile, keyFile, ...args]);
  const servers: Server[] = [];
  const agent = openAgent();
  const faults: string[] = [];
  let checks = 0;

  const check = async (visitors: readonly Visitor[], when: string) => {
    for (const [name, { ready }] of servers.entries()) {
      for (const visitor of visitors) {
        const fault = await visitor.check(ready.port);
        checks += 1;
        if (fault !== undefined) faults.push(`${when}, process ${name}: ${fault}`);
      }
    }
  };
  const signedIn = async (server: Server, name: string) => {
    const visitors = Array.from({ length: users }, (_, n) => new Visitor(agent, `${name}-${n}`));
    for (const visitor of visitors) {
      await visitor.signIn(server.ready.port);
      await visitor.write(server.ready.port, 1);
    }
    return visitors;
  };

  try {
    const older = await start();
    servers.push(older);
    const before = await signedIn(older, "before");
    runKeys("rotate", keyFile);
    runKeys("promote", keyFile, "--now");
    const newer = await start("newer");
    servers.push(newer);
    const ofOlder = await signedIn(older, "older");
    const ofNewer = await signedIn(newer, "newer");
    const all = [...before, ...ofOlder, ...ofNewer];
    await check(all, "with the next key promoted");

    // Each serves the other's users. What the older release may not write back it drops, and says so.
    for (const visitor of [...before, ...ofOlder]) await visitor.write(newer.ready.port, 2);
    const wrote = await rowsOf(databaseFile);
    for (const visitor of ofNewer) await visitor.writeInVain(older.ready.port, 3);
    await check(all, "after writing to each other's sessions");
    faults.push(...changes(wrote, await rowsOf(databaseFile)));

    const dropped = await older.ask<readonly string[]>({ order: "dropped" } satisfies ProveOrder);
    if (dropped.length !== users || dropped.some((reason) => reason !== "newer-format")) {
      faults.push(`the older process reports ${dropped.length} dropped writes of ${users}`);
    }
    for (const visitor of ofNewer) await visitor.signOut(older.ready.port);
    await check(all, "after signing out on the older process");
  } finally {
    agent.destroy();
    await Promise.all(servers.map((server) => server.stop()));
    folder.remove();
  }
  return proofOf(
    "two releases on one file and one key file, with the next key promoted between them, sign nobody out, and the older one never writes back what the newer one wrote",
    faults,
    { "users of each": users, checks },
  );
}

/** Every session in the newer format, by its key. */
async function rowsOf(file: string): Promise<ReadonlyMap<string, SessionRecord>> {
  const db = openSqlite(file);
  try {
    const store = sqliteStore(db);
    const found = new Map<string, SessionRecord>();
    for (const { key } of db.prepare("SELECT lower(hex(key)) AS key FROM sessions").all() as {
      readonly key: string;
    }[]) {
      const record = await store.get(key);
      if (record?.format === NEWER_FORMAT) found.set(key, record);
    }
    return found;
  } finally {
    db.close();
  }
}

function changes(
  before: ReadonlyMap<string, SessionRecord>,
  after: ReadonlyMap<string, SessionRecord>,
): readonly string[] {
  const faults = before.size === 0 ? ["no session was written in the newer format"] : [];
  for (const [key, row] of before) {
    const now = after.get(key);
    if (now?.version !== row.version || Buffer.compare(now.data, row.data) !== 0) {
      faults.push("a session of the newer format was written back by the older process");
    }
  }
  return faults;
}
