/**
 * The first write of a visitor makes an anonymous session.
 * @module
 */
import { SessionError } from "../errors.ts";
import { checkedText, replay } from "./changes.ts";
import { giveToken } from "./cookies.ts";
import { draftSession, storeSession } from "./create.ts";
import { mayMint } from "./cross-site.ts";
import { drop } from "./pending.ts";
import type { RequestState } from "./request-state.ts";
import { becomeLive, contentsOf } from "./request-state.ts";
import { isPrefetch } from "./request-view.ts";
import { EMPTY, writeContents } from "./values.ts";

/** @throws {SessionError} HOLDFAST_HEAD_SENT if no cookie can be set any more; HOLDFAST_DATA, HOLDFAST_STORE. */
export async function mint(state: RequestState): Promise<void> {
  const { core, request, rules, log } = state;
  const contents = contentsOf(state);
  const text = checkedText(contents, rules);
  if (text === writeContents(EMPTY, rules.codec)) {
    state.log = [];
    return;
  }
  if (state.headSent) {
    const why = "The response head is out; begin a session before it";
    throw new SessionError("HOLDFAST_HEAD_SENT", why);
  }
  state.log = [];
  if (isPrefetch(request)) return drop(state, "prefetch");
  if (!mayMint(request)) return drop(state, "cross-site");

  const live = draftSession(core, { subjectKey: null, meta: {}, text });
  try {
    await storeSession(core, live);
  } catch (error) {
    state.log = [...log, ...state.log]; // One that was made all the same is nobody's, and short-lived.
    throw error;
  }
  becomeLive(state, live);
  state.contents = replay(contents, state.log, rules);
  state.storedText = text;
  giveToken(state, live.secret);
  core.emit({ type: "session.created", handle: live.record.handle, address: request.address });
}
