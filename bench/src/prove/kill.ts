/**
 * A server that is killed under load loses nothing that it confirmed, and brings nothing back.
 * @module
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openAgent } from "../support/browser.ts";
import { startServer } from "../support/child.ts";
import { type Random, seededRandom } from "../support/random.ts";
import { openSqlite, temporaryFolder } from "../support/sqlite.ts";
import { runKeys } from "./keys.ts";
import { type Proof, proofOf } from "./proof.ts";
import { Visitor } from "./visitor.ts";

export interface KillOptions {
  /** How often the server is killed. */
  readonly times: number;
  readonly seed: number;
}

const WORKERS = 8;
/** The server is killed within so many milliseconds of load. */
const LATEST_KILL_MS = 250;
/** Visitors of earlier rounds that are looked at again each time. */
const REMEMBERED = 200;

export async function proveKill({ times, seed }: KillOptions): Promise<Proof> {
  const folder = temporaryFolder();
  const databaseFile = join(folder.path, "sessions.db");
  const keyFile = join(folder.path, "holdfast.keys");
  runKeys("generate", keyFile);
  const random = seededRandom(seed);
  const start = () => startServer<{ port: number }>("prove/server.js", [databaseFile, keyFile]);

  const faults: string[] = [];
  let visitors: Visitor[] = [];
  let answers = 0;
  let checked = 0;
  const agent = openAgent();
  let server = await start();
  try {
    for (let round = 1; round <= times; round++) {
      const { port } = server.ready;
      const met: Visitor[] = [];
      const load = Array.from({ length: WORKERS }, async (_, worker) => {
        let made = 0;
        // Until the server is gone, which ends the request under way.
        for (;;) {
          const visitor = new Visitor(agent, `visitor-${round}-${worker}-${made++}`);
          met.push(visitor);
          try {
            const confirmed = await visit(visitor, port, random);
            answers += confirmed;
          } catch {
            return; // The request that the kill cut off: nothing was confirmed.
          }
        }
      });
      await delay(random() * LATEST_KILL_MS);
      await server.kill();
      await Promise.all(load);

      faults.push(...fileFaults(databaseFile, round));
      server = await start();
      visitors = [...visitors, ...met].slice(-REMEMBERED - met.length);
      for (const visitor of visitors) {
        const fault = await visitor.check(server.ready.port);
        checked += 1;
        if (fault !== undefined) faults.push(`kill ${round}: ${fault}`);
      }
    }
  } finally {
    agent.destroy();
    await server.stop();
    folder.remove();
  }
  return proofOf(
    `a server killed ${times} times under load on SQLite keeps every confirmed sign-in and write, and no signed-out session comes back`,
    faults,
    { kills: times, "answers confirmed": answers, "sessions checked": checked },
  );
}

/** Signs in, writes a few times, and signs out every third time. @returns How many answers came. */
async function visit(visitor: Visitor, port: number, random: Random): Promise<number> {
  await visitor.signIn(port);
  const writes = 1 + Math.floor(random() * 3);
  for (let value = 1; value <= writes; value++) await visitor.write(port, value);
  if (random() > 1 / 3) return 1 + writes;
  await visitor.signOut(port);
  return 2 + writes;
}

function fileFaults(file: string, round: number): readonly string[] {
  const db = openSqlite(file);
  try {
    const rows = db.prepare("PRAGMA integrity_check").all() as { integrity_check: string }[];
    const [first] = rows;
    return first?.integrity_check === "ok" ? [] : [`kill ${round}: the file is damaged`];
  } finally {
    db.close();
  }
}
