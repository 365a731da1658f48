/**
 * One request and its response: load before the handler, commit before the head. What every adapter drives.
 * @module
 */
import { SessionError } from "../errors.ts";
import { isTombstone } from "../stores/store.ts";
import type { CommitOptions } from "./commit.ts";
import { commit, hasWork } from "./commit.ts";
import { confirmSecret, needsConfirmation } from "./confirm.ts";
import { needsCookie, refreshCookie } from "./cookies.ts";
import type { Core } from "./core.ts";
import { endIfStale } from "./credential-stamp.ts";
import { isForged, siteOf } from "./cross-site.ts";
import { judgeSecret } from "./judge.ts";
import { loadSession, type Presented, refuse } from "./load.ts";
import type { RequestState } from "./request-state.ts";
import { becomeLive, newRequestState } from "./request-state.ts";
import type { RequestView } from "./request-view.ts";
import { isActive, isLoopbackHost, keepsSecret } from "./request-view.ts";
import { type Steps, step } from "./steps.ts";

/** What the adapter knows of a response when its head is about to go out. */
export interface ResponseHead {
  readonly cacheControl: string | undefined;
  readonly contentType: string | undefined;
  /** The handler threw: what it changed last is not saved. */
  readonly failed: boolean;
}

/** What the head must have beside what the handler gave it. */
export interface HeadChange {
  readonly setCookies: readonly string[];
  /** Replaces the handler's `Cache-Control`; `undefined` leaves it. */
  readonly cacheControl: string | undefined;
  /** The response depends on the cookie: `Vary: Cookie`. */
  readonly varies: boolean;
  readonly clearSiteData: string | undefined;
  /** The response must not go out: the adapter answers this error instead, with the cookies above. */
  readonly failure: SessionError | undefined;
}

/** Answers whether another site sent an unsafe request, and reports it. The session is then not looked at. */
export function refuseForged(core: Core, request: RequestView): boolean {
  if (!isForged(request, core.options.policy.withoutOrigin)) return false;
  if (core.csrf?.trusts(request)) return false;
  const { method, address } = request;
  core.emit({ type: "cross-site.refused", method, site: siteOf(request), address });
  return true;
}

/**
 * Loads, judges and confirms what the request presents.
 *
 * @throws {SessionError} HOLDFAST_STORE if the store does not answer: nothing is served then (ASVS 5.0, 16.5.3).
 */
export function* openExchange(
  core: Core,
  request: RequestView,
  readOnly: boolean,
): Steps<RequestState> {
  const state = newRequestState(core, request, readOnly);
  // Without a cookie there is nothing to wait for.
  if (request.cookies === undefined) return state;
  const loaded = yield* loadSession(core, request, readOnly);
  if (loaded.state === "key-missing") {
    state.phase = "withheld";
    state.withheld = "key-missing";
  } else if (loaded.state !== "none") {
    state.presented = loaded.presented;
    state.phase = loaded.state;
    if (loaded.state === "served") yield* serve(state, loaded.presented);
  }
  if (core.remember !== undefined && !readOnly && isNobody(state)) {
    yield* step(core.remember.resume(state));
  }
  return state;
}

/** Whether the session's cookies say nothing of who this is. */
function isNobody({ phase, live }: RequestState): boolean {
  return phase === "none" || phase === "tombstone" || live?.kind === "anonymous";
}

function* serve(state: RequestState, presented: Presented): Steps<void> {
  const { core, request, readOnly } = state;
  const { retiredSeconds } = core.options.policy;
  const confirmed =
    needsConfirmation(presented) && !readOnly
      ? yield* step(confirmSecret(core, request, presented))
      : presented;
  if (confirmed === undefined) {
    refuse(core, request, "unknown", presented.record.handle);
    state.phase = "none";
    state.presented = undefined;
    return;
  }
  state.presented = confirmed;
  const { key, token, secretHash, record, kind } = confirmed;
  if (isTombstone(record)) {
    state.phase = "tombstone"; // Signed in from while this request confirmed it: simply anonymous.
    return;
  }
  const { as } = judgeSecret(record, secretHash, core.now(), retiredSeconds);
  if (as !== "current" && as !== "successor") {
    refuse(core, request, "superseded", record.handle);
    state.phase = "superseded";
    return;
  }
  becomeLive(state, { kind, key, series: token, secret: token.secret, secretHash, record });
  if (core.options.credentialStamp && kind === "signed-in") yield* step(endIfStale(state));
}

/** Whether {@link settle} has nothing to wait for, so that the head can go out at once. */
export function isSettled(state: RequestState, head: ResponseHead): boolean {
  if (state.resumed !== undefined) return false;
  return !hasWork(state, commitOptions(state, head)) && !needsCookie(state);
}

/** Saves what is to be saved and says what the head must have. Never rejects: a failure is part of the answer. */
export async function settle(state: RequestState, head: ResponseHead): Promise<HeadChange> {
  const { core } = state;
  const options = commitOptions(state, head);
  let failure: SessionError | undefined;
  if (head.failed) state.log = [];
  try {
    if (hasWork(state, options)) await commit(state, options);
    if (options.mayRotate && needsCookie(state)) await orLater(refreshCookie(state));
    if (state.resumed !== undefined) await orLater(core.remember?.recheck(state));
  } catch (error) {
    failure = error instanceof SessionError ? error : changeFailed(error);
    const handle = state.live?.record.handle;
    core.emit({ type: "commit.failed", handle, cause: failure.code });
  }
  return headChange(state, head, failure);
}

/** What the handler did is saved by now: a cookie that can wait for the next response does not undo that. */
async function orLater(step: Promise<void> | undefined): Promise<void> {
  try {
    await step;
  } catch (cause) {
    if (!(cause instanceof SessionError)) throw cause; // Reported as `store.unavailable`.
  }
}

/** A function given to `update` may throw when it runs again on what another request wrote. */
function changeFailed(cause: unknown): SessionError {
  const why = "A change failed on what another request wrote; see the cause";
  return new SessionError("HOLDFAST_DATA", why, {}, { cause });
}

function commitOptions(state: RequestState, head: ResponseHead): CommitOptions {
  const { request, core } = state;
  const { isActivity } = core.options.policy;
  const mayRotate =
    !state.headSent &&
    !head.failed &&
    !isShared(head.cacheControl) &&
    head.contentType?.startsWith("text/event-stream") !== true &&
    !keepsSecret(request);
  return {
    mayRotate,
    renews: !head.failed && isActive(request, isActivity),
  };
}

/** Whether caches between us and the browser may keep a response. @see RFC 9111 5.2.2.9, 5.2.2.10 */
function isShared(cacheControl: string | undefined): boolean {
  return cacheControl !== undefined && /\b(public|s-maxage)\b/i.test(cacheControl);
}

/** What the head must have, once nothing is left to save. */
export function headChange(
  state: RequestState,
  head: ResponseHead,
  failure?: SessionError,
): HeadChange {
  const { core, live } = state;
  const setCookies = state.headSent ? [] : [...state.cookies.values()];
  state.cookies.clear();
  state.headSent = true;
  const clear = state.clearSiteData ? core.options.policy.clearSiteData : undefined;
  if (setCookies.length > 0) reportUndeliverable(state);
  return {
    setCookies,
    cacheControl: cacheControlFor(state, head, setCookies.length > 0, live?.record.handle),
    varies: state.touched || setCookies.length > 0,
    clearSiteData: clear,
    failure,
  };
}

/** No cache may keep a `Set-Cookie` (ASVS 5.0, 14.2.2; CWE-525), nor show one user's page to another. */
function cacheControlFor(
  { core, touched }: RequestState,
  { cacheControl }: ResponseHead,
  setsCookie: boolean,
  handle: string | undefined,
): string | undefined {
  if (setsCookie) {
    // `private="a-header"` keeps that header alone out of shared caches (RFC 9111 5.2.2.7).
    if (cacheControl !== undefined && /\b(private|no-store)\b(?!\s*=)/i.test(cacheControl))
      return undefined;
    if (isShared(cacheControl)) {
      core.emit({ type: "cache.overridden", handle, from: cacheControl as string });
    }
    return "no-store";
  }
  return touched && cacheControl === undefined ? "private, no-cache" : undefined;
}

const reported = new WeakSet<Core>();

/**
 * Browsers drop a Secure cookie that comes over plain http, except on this machine. They send Fetch
 * Metadata to trustworthy hosts only, so a browser without it is on plain http.
 */
function reportUndeliverable({ core, request }: RequestState): void {
  const host = request.header("host");
  const isPlain =
    request.scheme === "http" ||
    (request.scheme === undefined &&
      request.header("sec-fetch-site") === undefined &&
      request.header("user-agent")?.startsWith("Mozilla/") === true);
  const { attributes } = core.options.signedInCookie;
  if (!isPlain || isLoopbackHost(host) || !attributes.includes("; Secure") || reported.has(core)) {
    return;
  }
  reported.add(core);
  core.emit({
    type: "cookie.undeliverable",
    host: host ?? "",
    explanation: "browsers refuse the cookie over plain http; serve https",
  });
}
