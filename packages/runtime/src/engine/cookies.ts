/**
 * Which cookie a response sets. Only a new session, a new secret, a new key and an ending do.
 * @module
 */
import type { CookieForm } from "../cookie/set-cookie.ts";
import { expireCookie, setCookie } from "../cookie/set-cookie.ts";
import { writeToken } from "../crypto/token.ts";
import { isPending, type SessionRecord } from "../stores/store.ts";
import { openSuccessor } from "./boxes.ts";
import { judgeSecret } from "./judge.ts";
import { refuse } from "./load.ts";
import type { LiveSession, RequestState } from "./request-state.ts";
import { becomeLive } from "./request-state.ts";
import { isPromise } from "./steps.ts";

/** Sets the live session's cookie to a token with this secret. */
export function giveToken(state: RequestState, secret: Uint8Array): void {
  const { core, live, presented } = state;
  if (live === undefined) return;
  const { keyring, policy } = core.options;
  const form = formOf(state, live);
  const token = writeToken(live.series, secret, keyring.current, form.name);
  const leftMs = live.record.absoluteExpiresAt - core.now();
  const maxAge = policy.persistentCookie ? Math.max(0, Math.floor(leftMs / 1000)) : undefined;
  state.cookies.set(form, setCookie(form, token, maxAge));
  // A cookie of an earlier name has been taken over.
  if (presented !== undefined && presented.cookie !== form && presented.kind === live.kind) {
    state.cookies.set(presented.cookie, expireCookie(presented.cookie));
  }
}

function formOf({ core }: RequestState, { kind }: LiveSession): CookieForm {
  const { signedInCookie, anonymousCookie } = core.options;
  return kind === "signed-in" ? signedInCookie : anonymousCookie;
}

/** Clears a cookie, under its present name and those that this request sent under an earlier one. */
export function clearCookie(state: RequestState, kind: LiveSession["kind"]): void {
  const { signedInCookie, anonymousCookie, previousCookies } = state.core.options;
  const form = kind === "signed-in" ? signedInCookie : anonymousCookie;
  state.cookies.set(form, expireCookie(form));
  for (const previous of previousCookies) {
    const old = kind === "signed-in" ? previous.signedIn : previous.anonymous;
    if (state.request.cookies?.includes(`${old.name}=`)) state.cookies.set(old, expireCookie(old));
  }
}

/**
 * Hands the successor to a request that brought the previous secret, if `record` says that the
 * successor is still current and unconfirmed.
 */
export function handSuccessor(state: RequestState, record: SessionRecord): void {
  const { core, live } = state;
  if (live === undefined) return;
  const { retiredSeconds } = core.options.policy;
  const judgement = judgeSecret(record, live.secretHash, core.now(), retiredSeconds);
  if (judgement.as !== "successor" || !judgement.open) return;
  const successor = openSuccessor(core, live.key, record, live.secret);
  if (typeof successor === "string") {
    refuse(core, state.request, successor, record.handle);
    return;
  }
  giveToken(state, successor);
}

/** Whether the session came in a form that is out of date: an old key, or an earlier cookie name. */
function isOutdated(state: RequestState, live: LiveSession): boolean {
  const { presented, core } = state;
  if (presented === undefined || presented.key !== live.key) return false;
  if (presented.cookie !== formOf(state, live)) return true;
  const keys = core.options.keyring.find(presented.token.keyNumber);
  return typeof keys === "object" && keys.state === "old";
}

/** Whether {@link refreshCookie} would read the record. */
export function needsCookie(state: RequestState): boolean {
  const { live, presented } = state;
  if (state.phase !== "served" || live === undefined || presented === undefined) return false;
  if (state.cookies.size > 0 || presented.secretHash !== live.secretHash) return false;
  const { judgement } = presented;
  return (judgement.as === "successor" && judgement.open) || isOutdated(state, live);
}

/**
 * Hands out the successor, or the same secret under the current key. The record is read once more just
 * before the head, so that a slow response never overwrites a newer cookie.
 */
export async function refreshCookie(state: RequestState): Promise<void> {
  const { core, live, presented } = state;
  if (live === undefined || presented === undefined) return;
  const got = core.store.run("get", (store) => store.get(live.key));
  const record = isPromise(got) ? await got : got;
  if (record === undefined || isPending(record)) return;
  if (record.subjectKey !== live.record.subjectKey) return;
  becomeLive(state, { ...live, record });
  if (presented.judgement.as === "successor") return handSuccessor(state, record);
  const { retiredSeconds } = core.options.policy;
  const judgement = judgeSecret(record, live.secretHash, core.now(), retiredSeconds);
  if (judgement.as === "current") giveToken(state, live.secret);
}
