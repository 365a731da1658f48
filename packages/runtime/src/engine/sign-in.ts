/**
 * Signing in: always a new session. What the browser held before is retired, never promoted.
 * @module
 */

import type { SeriesName } from "../companions.ts";
import { SessionRefusal } from "../errors.ts";
import { isTombstone, recordFlags } from "../stores/store.ts";
import { openData, openMeta, sealData } from "./boxes.ts";
import { checkedText, replay } from "./changes.ts";
import { clearCookie, giveToken } from "./cookies.ts";
import { subjectKeysOf } from "./core.ts";
import { draftSession, storeSession } from "./create.ts";
import { stampOf } from "./credential-stamp.ts";
import { retireDead } from "./judge.ts";
import { hasRoom } from "./limit.ts";
import type { Meta } from "./meta.ts";
import type { LiveSession, RequestState } from "./request-state.ts";
import { becomeLive, contentsOf, raise } from "./request-state.ts";
import { originOf } from "./request-view.ts";
import { swapRecord } from "./swap.ts";
import type { Contents } from "./values.ts";
import { EMPTY } from "./values.ts";

export interface SignIn {
  readonly subject: string;
  readonly level: string;
  /** Keys of the present session's data to take along. */
  readonly carry: readonly string[];
  readonly checkpoint: string | undefined;
  readonly remember: boolean;
}

/** What the browser held before, and what that means for the new session. */
interface Previous {
  readonly live: LiveSession;
  /** `same`: the same account; `other`: somebody else's; `anonymous`: nobody's. */
  readonly owner: "same" | "other" | "anonymous";
}

/**
 * @throws {SessionRefusal} `revoked-meanwhile`, `limit-reached`: nothing has changed then.
 * @see ASVS 5.0, 7.2.4; CWE-384 (session fixation)
 */
export async function signIn(state: RequestState, request: SignIn): Promise<void> {
  const { core, rules } = state;
  const subjectKeys = subjectKeysOf(core, request.subject);
  const subjectKey = subjectKeys[0] as string;
  const previous = previousSession(state, subjectKeys);
  const stamp = await stampOf(core, request.subject);
  if (core.options.policy.sessionLimit === "refuse-new") {
    const replaced = previous?.owner === "same" ? previous.live.key : undefined;
    if (!(await hasRoom(core, subjectKey, replaced))) refuseSignIn(state, request, "limit-reached");
  }
  const replacedSeries = seriesOf(state, previous);
  const carried = previous?.owner === "other" ? EMPTY : pick(carriable(state), request.carry);

  // Somebody else's session ends before the new one begins: never two identities in one browser.
  if (previous?.owner === "other") {
    await endPrevious(state, previous.live);
    leave(state);
  }
  const series = request.remember ? core.remember?.draft(subjectKey) : undefined;
  const meta: Meta = {
    subject: request.subject,
    level: request.level,
    authenticatedAt: core.now(),
    ...originOf(state.request),
    // A form that somebody else opened must not act for this account.
    from: previous?.owner === "other" ? undefined : previous?.live.record.handle,
    series: series?.name,
    stamp,
  };
  const live = draftSession(core, { subjectKey, meta, text: checkedText(carried, rules) });
  const replaces = replacedKey(previous, live);
  const made = await storeSession(core, live, { checkpoint: request.checkpoint, replaces });
  if (!made) refuseSignIn(state, request, "revoked-meanwhile");

  if (previous?.owner === "same" && replaces === undefined) await endPrevious(state, previous.live);
  const settled =
    previous?.owner === "anonymous"
      ? await retireAnonymous(state, previous.live, live, request.carry)
      : { live, contents: carried };
  takeOver(state, settled.live, settled.contents, meta);
  const { checkpoint } = request;
  if ((await core.remember?.begin(state, series, replacedSeries, checkpoint)) === false) {
    leave(state);
    dropSessionCookies(state);
    refuseSignIn(state, request, "revoked-meanwhile");
  }
  const { handle } = live.record;
  const { subject, level } = request;
  const { address } = state.request;
  const from = previous?.live.record.handle;
  core.emit({ type: "session.signed-in", handle, subject, level, from, address });
}

function refuseSignIn(
  state: RequestState,
  { subject }: SignIn,
  reason: "revoked-meanwhile" | "limit-reached",
): never {
  const { address } = state.request;
  state.core.emit({ type: "sign-in.refused", reason, subject, address });
  raise(state, new SessionRefusal(reason));
}

/**
 * The session that the request presented. One presented by a retired secret counts only if it is the
 * same account's: an old cookie must not end somebody else's session.
 */
function previousSession(
  { phase, live, presented }: RequestState,
  subjectKeys: readonly string[],
): Previous | undefined {
  const held =
    phase === "served" ? live : presented && phase !== "none" ? asLive(presented) : undefined;
  if (held === undefined || phase === "withheld") return undefined;
  const owner = held.record.subjectKey;
  if (owner === null) return { live: held, owner: "anonymous" };
  if (subjectKeys.includes(owner)) return { live: held, owner: "same" };
  return phase === "served" ? { live: held, owner: "other" } : undefined;
}

/** The remembered device of the session before: it ends with that session. */
function seriesOf({ core }: RequestState, previous: Previous | undefined): SeriesName | undefined {
  if (core.remember === undefined || previous === undefined) return undefined;
  const meta = openMeta(core, previous.live.key, previous.live.record);
  return typeof meta === "string" ? undefined : meta.series;
}

function asLive(presented: NonNullable<RequestState["presented"]>): LiveSession {
  const { kind, key, token, secretHash, record } = presented;
  return { kind, key, series: token, secret: token.secret, secretHash, record };
}

/** What a sign-in may carry over: of a tombstone the data that its session had at the first sign-in. */
function carriable(state: RequestState): Contents {
  const { core, phase, presented, rules } = state;
  if (phase === "superseded") return EMPTY;
  if (phase !== "tombstone" || presented === undefined) return contentsOf(state);
  const opened = openData(core, presented.key, presented.token, presented.record);
  return typeof opened === "string" ? EMPTY : replay(opened.contents, state.log, rules);
}

function pick({ values }: Contents, keys: readonly string[]): Contents {
  const carried = keys
    .filter((key) => values.has(key))
    .map((key) => [key, values.get(key)] as const);
  return { values: new Map(carried), flash: [] };
}

/** The same account's session in the same bucket is removed in the step that makes the new one. */
function replacedKey(previous: Previous | undefined, live: LiveSession): string | undefined {
  if (previous?.owner !== "same") return undefined;
  return previous.live.series.bucket === live.series.bucket ? previous.live.key : undefined;
}

async function endPrevious({ core, request }: RequestState, { key, record }: LiveSession) {
  await core.store.run("delete", (store) => store.delete(key));
  const { handle } = record;
  core.emit({ type: "session.revoked", handle, reason: "replaced", address: request.address });
}

/** The session that the request had is over, also if no new one can be made. */
function leave(state: RequestState): void {
  state.phase = "withheld";
  state.withheld = "refused";
  state.live = undefined;
  state.meta = undefined;
  state.contents = undefined;
  state.log = [];
}

/**
 * Makes a tombstone of the anonymous session: its token is worthless, and only a second sign-in (a form
 * sent twice, a lost response) may still read its data. What another request wrote to it meanwhile is
 * carried over too.
 */
async function retireAnonymous(
  state: RequestState,
  anonymous: LiveSession,
  live: LiveSession,
  carry: readonly string[],
): Promise<{ readonly live: LiveSession; readonly contents: Contents }> {
  const { core, log, rules } = state;
  const { retiredSeconds } = core.options.policy;
  let contents = pick(carriable(state), carry);
  let missed = false;

  await swapRecord(core, anonymous.key, anonymous.record, (record) => {
    if (isTombstone(record)) return undefined;
    if (record !== anonymous.record && carry.length > 0) {
      const opened = openData(core, anonymous.key, anonymous.series, record);
      if (typeof opened === "object") {
        contents = pick(replay(opened.contents, log, rules), carry);
        missed = true;
      }
    }
    const now = core.now();
    return {
      ...record,
      secretHash: new Uint8Array(32), // No secret has this hash: only the retired entry is left to judge by.
      confirmedAt: null,
      successor: null,
      retired: retireDead(record, now),
      flags: record.flags | recordFlags.tombstone,
      idleExpiresAt: now + retiredSeconds * 1000,
    };
  });
  if (!missed) return { live, contents };

  const text = checkedText(contents, rules);
  const swapped = await swapRecord(core, live.key, live.record, (record) => ({
    ...record,
    data: sealData(core, live.key, live.series, record, text),
  }));
  const record = swapped.outcome === "gone" ? live.record : swapped.record;
  return { live: { ...live, record }, contents };
}

/** From here on the request is the new session's. */
function takeOver(state: RequestState, live: LiveSession, contents: Contents, meta: Meta): void {
  const { anonymousCookie } = state.core.options;
  state.log = [];
  state.withheld = undefined;
  state.contents = contents;
  state.storedText = undefined;
  state.meta = meta;
  dropSessionCookies(state);
  becomeLive(state, live);
  giveToken(state, live.secret);
  if (state.request.cookies?.includes(anonymousCookie.name)) clearCookie(state, "anonymous");
}

/** What stands around the session keeps its own: a device that was just recognised stays so. */
function dropSessionCookies({ cookies, core }: RequestState): void {
  const { signedInCookie, anonymousCookie } = core.options;
  cookies.delete(signedInCookie);
  cookies.delete(anonymousCookie);
}
