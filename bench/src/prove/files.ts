/**
 * A copy of the database file and of the key file, in an attacker's hands: no token, no subject and no
 * session data is to be read from them, and the data boxes do not open.
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyring, createSessions, type Exchange, type Sessions, sessionData } from "holdfast";
import { sqliteStore } from "holdfast/stores/sqlite";
import type { SessionRecord } from "holdfast/stores/store";
import { openSqlite, type SqliteClient, temporaryFolder } from "../support/sqlite.ts";
import { spellingsFound } from "./byte-search.ts";
import { type BoxContext, type Internals, loadInternals, type OpeningRing } from "./internals.ts";
import { runKeys } from "./keys.ts";
import { type Proof, proofOf } from "./proof.ts";

export interface FilesOptions {
  /** Signed-in users; as many visitors stay anonymous. */
  readonly users: number;
}

interface Data {
  note: string;
}

/** What one browser holds that no file may. */
interface Held {
  readonly token: string;
  readonly subject: string | undefined;
  readonly note: string;
}

interface Row {
  readonly key: string;
  readonly record: SessionRecord;
}

/** Purposes that the runtime derives keys for. */
const LABELS = ["mac", "data", "meta", "successor", "csrf", "throttle", "index"];

export async function proveFiles({ users }: FilesOptions): Promise<Proof> {
  const folder = temporaryFolder();
  const databaseFile = join(folder.path, "sessions.db");
  const keyFile = join(folder.path, "holdfast.keys");
  runKeys("generate", keyFile);
  runKeys("rotate", keyFile);
  const db = openSqlite(databaseFile);
  try {
    const sessions = createSessions({
      keyring: createKeyring({ file: keyFile }),
      store: sqliteStore(db),
      data: sessionData<Data>(),
      sweep: false,
    });
    const held: Held[] = [];
    for (let n = 0; n < users; n++) {
      held.push(...(await signedInVisit(sessions, n)), ...(await anonymousVisit(sessions, n)));
    }
    const files = [databaseFile, `${databaseFile}-wal`, keyFile].map((file) => readFileSync(file));
    const haystack = Buffer.concat(files);
    const rows = await rowsOf(db);
    await sessions.close();

    const internals = await loadInternals();
    const searched = search(haystack, held, rows, internals);
    const forced = await force(rows, held, readFileSync(keyFile, "utf8"), internals);
    return proofOf(
      "a copy of the database file and of the key file shows no token, no subject and no session data, and opens no data box without a cookie",
      [...searched.faults, ...forced.faults],
      {
        "bytes searched": haystack.length,
        "secrets searched for": searched.secrets,
        "data boxes": rows.length,
        "keys tried on them": forced.attempts,
      },
    );
  } finally {
    db.close();
    folder.remove();
  }
}

/** Signs in and writes; then the cookie is replaced, and the one before is of interest too. */
async function signedInVisit(
  sessions: Sessions<Data, "signed-in">,
  n: number,
): Promise<readonly Held[]> {
  const subject = `subject-to-be-hidden-${n}@example.test`;
  const note = `a note that nobody else may read, number ${n}`;
  const first = await visit(sessions, undefined, async ({ session }) => {
    await session.signIn(subject);
    session.set("note", note);
  });
  const second = await visit(sessions, first, async ({ session }) => session.stepUp());
  await visit(sessions, second, async ({ session }) => void session.get("note"));
  return [first, second].map((cookies) => ({ token: tokenIn(cookies), subject, note }));
}

async function anonymousVisit(
  sessions: Sessions<Data, "signed-in">,
  n: number,
): Promise<readonly Held[]> {
  const note = `a basket of somebody unknown, number ${n}`;
  const cookies = await visit(sessions, undefined, async ({ session }) =>
    session.set("note", note),
  );
  return [{ token: tokenIn(cookies), subject: undefined, note }];
}

/** One request, driven as an adapter does. @returns The cookies afterwards. */
async function visit(
  sessions: Sessions<Data, "signed-in">,
  cookies: string | undefined,
  handler: (exchange: Exchange<Data, "signed-in">) => Promise<void>,
): Promise<string> {
  const exchange = await sessions.open({
    method: "GET",
    cookies,
    address: "192.0.2.1",
    scheme: "https",
    header: () => undefined,
  });
  await handler(exchange);
  const head = { cacheControl: undefined, contentType: undefined, failed: false };
  const { setCookies } = await exchange.settle(head);
  const fresh = setCookies.find((line) => !line.endsWith("; Max-Age=0"));
  return fresh?.split(";", 1)[0] ?? cookies ?? "";
}

function tokenIn(cookies: string): string {
  return cookies.slice(cookies.indexOf("=") + 1);
}

async function rowsOf(db: SqliteClient): Promise<readonly Row[]> {
  const store = sqliteStore(db);
  const keys = db.prepare("SELECT lower(hex(key)) AS key FROM sessions").all() as Row[];
  const rows: Row[] = [];
  for (const { key } of keys) {
    const record = await store.get(key);
    if (record !== undefined) rows.push({ key, record });
  }
  return rows;
}

function search(
  haystack: Buffer,
  held: readonly Held[],
  rows: readonly Row[],
  { readToken }: Internals,
): { readonly faults: readonly string[]; readonly secrets: number } {
  const faults: string[] = [];
  let secrets = 0;
  const look = (what: string, secret: Buffer) => {
    secrets += 1;
    const found = spellingsFound(haystack, secret);
    if (found.length > 0) faults.push(`${what} is in the files, as ${found.join(", ")}`);
  };
  for (const { token, subject, note } of held) {
    const parts = readToken(token);
    if (parts === undefined) throw new Error("A cookie holds no token");
    look("a token's text", Buffer.from(token));
    look("a token", Buffer.from(token, "base64url"));
    look("a token's series", parts.series);
    look("a token's secret", parts.secret);
    look("session data", Buffer.from(note));
    if (subject !== undefined) look("a subject", Buffer.from(subject));
  }
  // A search that finds nothing proves something only if it finds what is there.
  for (const { key, record } of rows) {
    const known = [Buffer.from(record.handle), Buffer.from(key, "hex"), Buffer.from(record.data)];
    if (known.some((bytes) => !spellingsFound(haystack, bytes).includes("bytes"))) {
      faults.push("the search misses what is in the files");
    }
  }
  return { faults, secrets };
}

/** Tries every key that the files can give on every data box. */
async function force(
  rows: readonly Row[],
  held: readonly Held[],
  keyText: string,
  { openBox, deriveKey, parseKeyFile, readToken }: Internals,
): Promise<{ readonly faults: readonly string[]; readonly attempts: number }> {
  const { keys, index } = parseKeyFile(keyText, "the copied key file");
  const masters = [...keys.map(({ bytes }) => bytes), ...index.map(({ bytes }) => bytes)].filter(
    (bytes) => bytes !== undefined,
  );
  const roots = masters.flatMap((master) => [
    Buffer.from(master),
    ...LABELS.map((label) => deriveKey(master, label)),
  ]);
  const rings = roots.map((root): OpeningRing => ({ find: () => ({ data: root }) }));
  const faults: string[] = [];
  let attempts = 0;

  for (const { key, record } of rows) {
    const context = contextOf(key, record);
    for (const owner of ownersIn(key, record)) {
      for (const ring of rings) {
        attempts += 1;
        const opened = openBox("data", ring, owner, context, record.data);
        if (typeof opened !== "string") faults.push("a data box opens without a cookie");
      }
    }
    // The same attempt with a cookie of the session succeeds, or it would prove nothing.
    const opens = held.some(({ token }) =>
      rings.some((ring) => {
        const series = readToken(token)?.series ?? Buffer.alloc(0);
        return typeof openBox("data", ring, series, context, record.data) !== "string";
      }),
    );
    if (!opens)
      faults.push("a data box does not open with its own cookie: the attempts prove nothing");
  }
  return { faults, attempts };
}

function contextOf(storeKey: string, record: SessionRecord): BoxContext {
  const { handle, subjectKey, createdAt, absoluteExpiresAt } = record;
  return { storeKey, handle, subjectKey, createdAt, absoluteExpiresAt };
}

/** Everything in a row that a key might have been derived from. */
function ownersIn(key: string, record: SessionRecord): readonly (Uint8Array | string)[] {
  const bytes = Buffer.from(key, "hex");
  return [
    "",
    key,
    bytes,
    bytes.subarray(2),
    key.slice(4),
    bytes.subarray(2, 20),
    record.handle,
    Buffer.from(record.handle, "base64url"),
    record.subjectKey ?? "",
    Buffer.from(record.subjectKey ?? "", "hex"),
    record.secretHash,
    ...record.retired.map(({ hash }) => hash),
    ...record.writeIds,
    ...(record.successor === null ? [] : [record.successor]),
  ];
}
