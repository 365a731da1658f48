/**
 * Writes what a request changed: one compare-and-swap, merged with what others wrote meanwhile.
 * Nothing changed and nothing due: no write.
 * @module
 */
import { boxKeyNumber } from "../crypto/box.ts";
import { newSecret, secretHashOf } from "../crypto/token.ts";
import { SessionError } from "../errors.ts";
import type { SessionRecord } from "../stores/store.ts";
import { RECORD_FORMAT, recordFlags } from "../stores/store.ts";
import { openData, openMeta, sealData, sealMeta, sealSuccessor } from "./boxes.ts";
import { type Change, checkedText, replay } from "./changes.ts";
import { giveToken, handSuccessor } from "./cookies.ts";
import type { Core } from "./core.ts";
import { idleDeadline } from "./create.ts";
import { judgeSecret, retireGracefully, secretMadeAt } from "./judge.ts";
import { endedBy } from "./load.ts";
import { mint } from "./mint.ts";
import { type DropReason, drop, seeWritten, withLog } from "./pending.ts";
import type { LiveSession, RequestState } from "./request-state.ts";
import { becomeLive, contentsOf } from "./request-state.ts";
import { isPromise } from "./steps.ts";
import type { Draft } from "./swap.ts";
import { swapRecord } from "./swap.ts";
import type { Contents } from "./values.ts";
import { EMPTY, writeContents } from "./values.ts";

/** What a commit may do beside saving data. */
export interface CommitOptions {
  /** The response is a good place for a new secret: the browser will see it, and no cache. */
  readonly mayRotate: boolean;
  /** The request shows that the user is there. */
  readonly renews: boolean;
}

/** Whether {@link commit} has anything to ask of the store. Most requests have not. */
export function hasWork(state: RequestState, options: CommitOptions): boolean {
  if (state.readOnly) return false;
  if (state.committing !== undefined || state.log.length > 0 || state.toEnd !== undefined) {
    return true;
  }
  const { live } = state;
  if (state.phase !== "served" || live === undefined) return false;
  return (
    rotationCause(state, live, options) !== undefined ||
    (options.renews && renewalOf(state.core, live.record) !== undefined)
  );
}

/**
 * @throws {SessionError} HOLDFAST_STORE if the store failed: a write may still have happened.
 * @throws {SessionError} HOLDFAST_DATA if the merged data is too large or the schema refuses it.
 */
export async function commit(state: RequestState, options: CommitOptions): Promise<void> {
  const { committing } = state;
  const own = commitAfter(committing, state, options);
  state.committing = own;
  try {
    await own;
  } finally {
    if (state.committing === own) state.committing = undefined;
  }
}

/** Two commits of one request go one after the other, or each would write the other's changes too. */
async function commitAfter(
  earlier: Promise<void> | undefined,
  state: RequestState,
  options: CommitOptions,
): Promise<void> {
  await earlier?.catch(() => {}); // Its own caller hears of it.
  await endWithheld(state);
  if (state.phase === "served" && state.live !== undefined) {
    const { live } = state;
    return withLog(state, (log) => commitLive(state, live, log, options));
  }
  if (state.log.length === 0) return;
  if (state.phase === "none" || state.phase === "tombstone") return mint(state);
  state.log = [];
  drop(state, state.withheld === "key-missing" ? "key-missing" : "refused");
}

/** A session whose box is under a revoked key is over. */
async function endWithheld(state: RequestState): Promise<void> {
  const { core, toEnd, request } = state;
  if (toEnd === undefined) return;
  state.toEnd = undefined;
  await core.store.run("delete", (store) => store.delete(toEnd.key));
  core.emit({
    type: "session.revoked",
    handle: toEnd.handle,
    reason: "key-revoked",
    address: request.address,
  });
}

async function commitLive(
  state: RequestState,
  live: LiveSession,
  log: readonly Change[],
  options: CommitOptions,
): Promise<void> {
  const { core } = state;
  const cause = rotationCause(state, live, options);
  if (log.length === 0 && cause === undefined) return renew(state, live, options);

  const seen = log.length === 0 ? EMPTY : contentsOf(state);
  const successor = cause === undefined ? undefined : newSecret();
  let dropped: DropReason | undefined;
  let written: Contents | undefined;
  const swapped = await swapRecord(core, live.key, live.record, (record) => {
    dropped = undefined;
    const now = core.now();
    if (!isWritable(record, now)) {
      dropped = log.length > 0 ? "gone" : undefined;
      return undefined;
    }
    const changed = log.length === 0 ? undefined : changedData(state, live, record, log, seen);
    if (changed === "unreadable") {
      dropped = "refused";
      return undefined;
    }
    written = changed?.contents;
    const rotated = successor && rotatedSecret(core, live, record, successor, now);
    if (changed?.data === undefined && rotated === undefined) return undefined;
    const base = { ...record, ...rotated };
    return {
      ...base,
      ...resealed(core, live, record),
      ...(changed?.data === undefined ? undefined : { data: changed.data }),
      idleExpiresAt: options.renews ? idleDeadline(core, now, record) : record.idleExpiresAt,
    };
  });

  if (swapped.outcome === "gone") {
    if (log.length > 0) drop(state, "gone");
    state.live = undefined;
    state.phase = "withheld";
    state.withheld = "refused";
    return;
  }
  const { record } = swapped;
  if (log.length > 0 && record.format > RECORD_FORMAT) dropped = "newer-format";
  if (dropped !== undefined) drop(state, dropped);
  if (written !== undefined && dropped === undefined) seeWritten(state, written);
  becomeLive(state, { ...live, record });
  // What was set was there already: the request still shows that the user is.
  if (swapped.outcome === "declined") await renew(state, { ...live, record }, options);
  if (successor !== undefined) deliver(state, live, record, successor, cause as RotationCause);
}

/** After a rotation, ours or a rival's: the browser gets the secret that is now current, if it may have it. */
function deliver(
  state: RequestState,
  live: LiveSession,
  record: SessionRecord,
  successor: Buffer,
  cause: RotationCause,
): void {
  const secretHash = secretHashOf(successor);
  if (!secretHash.equals(record.secretHash)) {
    handSuccessor(state, record);
    return;
  }
  becomeLive(state, { ...live, secret: successor, secretHash, record });
  giveToken(state, successor);
  const { handle } = record;
  state.core.emit({ type: "session.rotated", handle, cause, address: state.request.address });
}

function isWritable(record: SessionRecord, now: number): boolean {
  return (record.flags & recordFlags.tombstone) === 0 && endedBy(record, now) === undefined;
}

/** This request's changes on a record: the sealed box if they change anything. */
function changedData(
  state: RequestState,
  live: LiveSession,
  record: SessionRecord,
  log: readonly Change[],
  seen: Contents,
): { readonly data?: Buffer; readonly contents: Contents } | "unreadable" {
  const { core, rules } = state;
  const isAsLoaded = record === live.record && state.storedText !== undefined;
  const opened = isAsLoaded ? undefined : openData(core, live.key, live.series, record);
  if (typeof opened === "string") return "unreadable";
  const contents = opened === undefined ? seen : replay(opened.contents, log, rules);
  const before = opened?.text ?? state.storedText;
  // Most sets write what was there already.
  if (writeContents(contents, rules.codec) === before) return { contents };
  const text = checkedText(contents, rules);
  return { contents, data: sealData(core, live.key, live.series, record, text) };
}

type RotationCause = "periodic" | "rights-changed";

/** Why the session's secret is due to be replaced with this response, if it is. */
function rotationCause(
  state: RequestState,
  live: LiveSession,
  { mayRotate }: CommitOptions,
): RotationCause | undefined {
  const { core, presented } = state;
  const { record } = live;
  if (!mayRotate || live.kind !== "signed-in" || record.confirmedAt === null) return undefined;
  if (record.format > RECORD_FORMAT) return undefined;
  // Only the holder of the current secret, and only in a response that is not already to set a cookie.
  if (presented?.judgement.as !== "current" || presented.key !== live.key) return undefined;
  if (presented.secretHash !== live.secretHash) return undefined;
  if ((record.flags & recordFlags.rotationDue) !== 0) return "rights-changed";
  const dueAt = secretMadeAt(record) + core.options.policy.rotationIntervalSeconds * 1000;
  return core.now() >= dueAt ? "periodic" : undefined;
}

/** The fields that a graceful rotation changes; `undefined` if another request was first. */
function rotatedSecret(
  core: Core,
  live: LiveSession,
  record: SessionRecord,
  successor: Buffer,
  now: number,
): Partial<Draft> | undefined {
  const { retiredSeconds } = core.options.policy;
  if (judgeSecret(record, live.secretHash, now, retiredSeconds).as !== "current") return undefined;
  if (record.confirmedAt === null) return undefined;
  return {
    secretHash: secretHashOf(successor),
    confirmedAt: null,
    retired: retireGracefully(record, now),
    successor: sealSuccessor(core, live.key, record, live.secret, successor),
    flags: record.flags & ~recordFlags.rotationDue,
  };
}

/** Boxes under a key that is no longer current are sealed again whenever the record is written. */
export function resealed(core: Core, live: LiveSession, record: SessionRecord): Partial<Draft> {
  const { keyring } = core.options;
  const isOld = (box: Uint8Array) => {
    const keys = keyring.find(boxKeyNumber(box));
    return typeof keys === "object" && keys.state === "old";
  };
  const draft: { meta?: Buffer; data?: Buffer } = {};
  if (isOld(record.meta)) {
    const meta = openMeta(core, live.key, record);
    if (typeof meta === "object") draft.meta = sealMeta(core, live.key, record, meta);
  }
  if (isOld(record.data)) {
    const opened = openData(core, live.key, live.series, record);
    if (typeof opened === "object") {
      draft.data = sealData(core, live.key, live.series, record, opened.text);
    }
  }
  return draft;
}

/** The idle deadline to write, if the present one is behind by a twentieth of the idle time. */
function renewalOf(core: Core, record: SessionRecord): number | undefined {
  const now = core.now();
  // The handler may have taken longer than the session had left: a touch must not bring it back.
  if (!isWritable(record, now)) return undefined;
  const deadline = idleDeadline(core, now, record);
  return deadline - record.idleExpiresAt >= (deadline - now) / 20 ? deadline : undefined;
}

async function renew(
  { core }: RequestState,
  { key, record }: LiveSession,
  { renews }: CommitOptions,
): Promise<void> {
  const deadline = renews ? renewalOf(core, record) : undefined;
  if (deadline === undefined) return;
  try {
    const touched = core.store.run("touch", (store) => store.touch(key, record.version, deadline));
    if (isPromise(touched)) await touched;
  } catch (cause) {
    // Reported as `store.unavailable`; the session may end a little early, the response stands.
    if (!(cause instanceof SessionError)) throw cause;
  }
}
