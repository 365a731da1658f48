/**
 * Changes that a request made and that are not committed yet: handed over once, pending again after a
 * failure, and reported when they are dropped.
 * @module
 */
import { SessionError } from "../errors.ts";
import type { SessionEvent } from "../events.ts";
import { type Change, replay } from "./changes.ts";
import type { RequestState } from "./request-state.ts";
import type { Contents } from "./values.ts";

export type DropReason = Extract<SessionEvent, { type: "write.dropped" }>["reason"];

/**
 * Hands over the changes made so far; those made meanwhile wait for the next commit. After a failure
 * they are pending again, and what may or may not have been written is never tried a second time.
 *
 * @throws {SessionError} HOLDFAST_STORE
 */
export async function withLog(
  state: RequestState,
  write: (log: readonly Change[]) => Promise<void>,
): Promise<void> {
  if (state.doubt !== undefined) throw state.doubt;
  const { log } = state;
  state.log = [];
  try {
    await write(log);
  } catch (error) {
    state.log = [...log, ...state.log];
    const isUnknown = error instanceof SessionError && error.code === "HOLDFAST_STORE";
    if (isUnknown && log.length > 0) state.doubt = error;
    throw error;
  }
}

/** Waits for a commit under way, so that what comes next begins from what it leaves. */
export async function afterCommit(state: RequestState): Promise<void> {
  await state.committing?.catch(() => {}); // Its own caller hears of it.
}

/** What the request sees after a write: what was written, and its changes since then. */
export function seeWritten(state: RequestState, written: Contents): void {
  state.contents = replay(written, state.log, state.rules);
  state.storedText = undefined;
}

/** Reports writes that go nowhere. */
export function drop(state: RequestState, reason: DropReason): void {
  const handle = state.live?.record.handle ?? state.presented?.record.handle;
  state.core.emit({ type: "write.dropped", reason, handle });
}
