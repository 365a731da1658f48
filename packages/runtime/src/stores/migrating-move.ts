/**
 * Moves one session from a store to another so that at every moment exactly one of them has it, whatever
 * else happens to it, and whoever else moves it.
 *
 * 1. `to` gets a pending copy without contents, under a version drawn at random.
 * 2. `from` deletes the record, if it is still as it was read. Of all movers one gets a yes.
 * 3. That one puts the record over exactly this pending copy.
 *
 * Revocation deletes in `from`, then in `to`. If it comes before step 2, nobody gets a yes; if it comes
 * after, the pending copy was there before it, so it takes that away, and step 3 finds nothing. A pending
 * copy that a late mover leaves behind after that has another version, and step 3 does not take it for its
 * own. Only revocation and the sweep ever remove a pending copy: from the outside, one that somebody is
 * about to activate looks like one that everybody has forgotten.
 * @module
 */
import { randomInt } from "node:crypto";
import {
  isPending,
  type RecordState,
  recordFlags,
  type SessionRecord,
  type SessionStore,
  type StoreKey,
} from "./store.ts";

/** Two stores, and how long to wait for what others do with them. */
export interface Migration {
  readonly from: SessionStore;
  readonly to: SessionStore;
  readonly now: () => number;
  /** How often to look again at a session that somebody else is moving or writing. */
  readonly patience: number;
  /** Waits a little, longer with each attempt; the first is 0. */
  wait(attempt: number): Promise<void>;
}

/** Waits 255 ms in all: a move takes three commands. */
export const PATIENCE = 8;
const LONGEST_WAIT_MS = 1000;

export function waitLonger(attempt: number): Promise<void> {
  const milliseconds = Math.min(2 ** attempt, LONGEST_WAIT_MS);
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/**
 * `moved`: by us. `there`: it was in `to` already. `revoked`: it ended while it was moved. `again`: it was
 * written, moved or ended by somebody else.
 */
type Attempt =
  | { readonly outcome: "moved" | "there"; readonly record: SessionRecord }
  | { readonly outcome: "revoked" | "again" };

const AGAIN: Attempt = { outcome: "again" };
const REVOKED: Attempt = { outcome: "revoked" };

// Stores keep versions in 48 bits and more; collisions matter only where three processes meet on one session.
const NONCE_RANGE = 2 ** 40;
// With `waitLonger`, 20 seconds: a session that has left `from` is lost unless it arrives.
const ACTIVATE_ATTEMPTS = 30;
const NO_BYTES = new Uint8Array(0);
const NO_SECRET = new Uint8Array(32);

/** The record, unless it is pending: then the store has none. */
export function settled(record: SessionRecord | undefined): SessionRecord | undefined {
  return record === undefined || isPending(record) ? undefined : record;
}

export function isDead(record: SessionRecord, now: number): boolean {
  return now >= Math.min(record.idleExpiresAt, record.absoluteExpiresAt);
}

/**
 * Reads a session that `to` did not answer, and moves it if `from` has it.
 *
 * @returns The session as it is in `to`; as it is in `from` if it is dead, or if others write it faster
 *   than it can be moved; `undefined` if it has ended.
 */
export async function moveOnRead(
  migration: Migration,
  key: StoreKey,
): Promise<SessionRecord | undefined> {
  const { from, now, patience } = migration;
  for (let attempt = 0; ; attempt += 1) {
    const record = settled(await from.get(key));
    // What has left `from` does not return there.
    if (record === undefined) return readArrived(migration, key);
    if (isDead(record, now())) return record;
    const tried = await tryMove(migration, key, record);
    if ("record" in tried) return tried.record;
    if (tried.outcome === "revoked") return undefined;
    if (attempt >= patience) return record;
  }
}

/**
 * Reads a session from `to` that is not in `from`, waiting for a move that is under way.
 *
 * @returns `undefined` also if the mover does not come back: a pending copy that `from` does not have may
 *   be a session that was revoked.
 */
export async function readArrived(
  { to, patience, wait }: Migration,
  key: StoreKey,
): Promise<SessionRecord | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const record = await to.get(key);
    if (record === undefined || !isPending(record)) return record;
    if (attempt >= patience) return undefined;
    await wait(attempt);
  }
}

/** @param record As `from` just answered it. */
export async function tryMove(
  migration: Migration,
  key: StoreKey,
  record: SessionRecord,
): Promise<Attempt> {
  const { from, to, now } = migration;
  const copy = pendingCopy(record);
  let { version } = copy;
  if ((await to.create(key, copy, { now: now() })) !== "created") {
    const there = await to.get(key);
    if (there === undefined) return AGAIN;
    if (!isPending(there)) {
      // Only a `create` that was sent twice leaves a record in both.
      await from.delete(key, stateOf(record));
      return { outcome: "there", record: there };
    }
    // Another mover's, at work or gone: whoever gets the yes of `from` may activate it.
    const isShort = there.idleExpiresAt < record.idleExpiresAt;
    if (isShort && !(await to.touch(key, there.version, record.idleExpiresAt))) return AGAIN;
    version = there.version;
  }
  if (!(await from.delete(key, stateOf(record)))) return AGAIN;
  return activate(migration, key, { ...record, version: version + 1 });
}

/**
 * Nothing in it serves anybody, also where the flag is not known: no secret has this hash, and the boxes
 * are empty. It dies with the session, so that the sweep takes it if nobody else does.
 */
function pendingCopy(record: SessionRecord): SessionRecord {
  return {
    ...record,
    version: record.version + 1 + randomInt(NONCE_RANGE),
    secretHash: NO_SECRET,
    retired: [],
    successor: null,
    flags: recordFlags.pending,
    writeIds: [],
    meta: NO_BYTES,
    data: NO_BYTES,
  };
}

/** The only copy is in our hands: a store that is away for a moment is asked until it is back. */
async function activate(
  { to, wait }: Migration,
  key: StoreKey,
  record: SessionRecord,
): Promise<Attempt> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (await to.put(key, record)) return { outcome: "moved", record };
      // Revoked; or an attempt whose answer was lost has done it.
      const there = settled(await to.get(key));
      return there === undefined ? REVOKED : { outcome: "moved", record: there };
    } catch (cause) {
      if (attempt >= ACTIVATE_ATTEMPTS) throw cause;
      await wait(attempt);
    }
  }
}

function stateOf({ version, idleExpiresAt }: SessionRecord): RecordState {
  return { version, idleExpiresAt };
}
