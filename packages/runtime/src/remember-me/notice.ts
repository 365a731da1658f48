/**
 * What the application may tell the user: a flash message of a kind of its own.
 * @module
 */
import type { Change } from "../engine/changes.ts";
import { applyChange, checkedText, flashChange } from "../engine/changes.ts";
import type { RequestState } from "../engine/request-state.ts";
import { contentsOf } from "../engine/request-state.ts";
import { SessionError } from "../errors.ts";

/**
 * Kind of the flash messages that say what happened to the user's device:
 * `session.takeFlash<DeviceNotice>(NOTICE)`.
 */
export const NOTICE = "remember-me";

/**
 * `resumed`: the browser was remembered, nobody has signed in just now. `theft`: an old cookie of this
 * device was used, so it was forgotten and its sessions have ended.
 */
export type DeviceNotice = "resumed" | "theft";

export function noticeChange(state: RequestState, notice: DeviceNotice): Change {
  return flashChange(NOTICE, notice, state.rules);
}

const told = new WeakSet<RequestState>();

/** Leaves the notice for the next page that asks; without a session it begins an anonymous one. */
export function leaveNotice(state: RequestState, notice: DeviceNotice): void {
  told.add(state);
  const contents = contentsOf(state);
  // Parallel tabs of one browser need telling once.
  if (contents.flash.some(({ kind, value }) => kind === NOTICE && value === notice)) return;
  const change = noticeChange(state, notice);
  const after = applyChange(contents, change, state.rules);
  try {
    checkedText(after, state.rules);
  } catch (cause) {
    // A schema that takes no session without data: then there is no place for it. The event tells.
    if (cause instanceof SessionError) return;
    throw cause;
  }
  state.contents = after;
  state.log.push(change);
}

/** A sign-in with the very request that found the theft takes nothing along but this. */
export function keepNotice(state: RequestState): void {
  if (told.has(state)) leaveNotice(state, "theft");
}
