/**
 * A browser comes back: what its cookie's secret means, and the session that begins.
 * @module
 */
import { newSecret, secretHashOf } from "../crypto/token.ts";
import { openSuccessor, sealMeta, sealSuccessor } from "../engine/boxes.ts";
import { clearCookie, giveToken } from "../engine/cookies.ts";
import { draftSession, storeSession } from "../engine/create.ts";
import { isStampFresh } from "../engine/credential-stamp.ts";
import { closeNewest, judgeSecret, retireGracefully } from "../engine/judge.ts";
import { endedBy, refuse } from "../engine/load.ts";
import type { Meta } from "../engine/meta.ts";
import type { LiveSession, RequestState } from "../engine/request-state.ts";
import { becomeLive } from "../engine/request-state.ts";
import { keepsSecret } from "../engine/request-view.ts";
import { swapRecord } from "../engine/swap.ts";
import type { Contents } from "../engine/values.ts";
import { writeContents } from "../engine/values.ts";
import type { SessionRecord } from "../stores/store.ts";
import { recordFlags } from "../stores/store.ts";
import { endSeries, endSessions, endStolenSeries } from "./end-series.ts";
import { leaveNotice, noticeChange } from "./notice.ts";
import {
  clearDeviceCookie,
  giveDeviceCookie,
  joinedSession,
  markOf,
  type PresentedSeries,
  presentedSeries,
  type Remembering,
  type SeriesSession,
  sealJoin,
  seriesMetaOf,
  withSession,
} from "./series.ts";

/** Begins a session if the request's cookie is of a remembered device, or joins the one that has begun. */
export async function resume(remembering: Remembering, state: RequestState): Promise<void> {
  const { cookie } = remembering;
  if (state.request.cookies?.includes(`${cookie.name}=`) !== true) return;
  // The answer to such a request may be dropped: it is no place for a new secret.
  if (keepsSecret(state.request)) return;
  const found = await presentedSeries(remembering, state);
  // Two that load: one of them was planted, and nothing says which.
  if (found.length > 1) refuse(remembering.core, state.request, "duplicate");
  const [series] = found;
  if (series !== undefined && found.length === 1) await answer(remembering, state, series);
}

/** What a secret means. The rules are the sessions' own, without time for dead secrets. */
async function answer(
  remembering: Remembering,
  state: RequestState,
  series: PresentedSeries,
): Promise<void> {
  const { core } = remembering;
  const { record, meta, key } = series;
  const { request } = state;
  if ((record.flags & recordFlags.tombstone) !== 0) {
    clearDeviceCookie(remembering, state);
    return leaveNotice(state, "theft");
  }
  if (endedBy(record, core.now()) !== undefined) {
    refuse(core, request, "expired", record.handle);
    return;
  }
  if (!(await isStampFresh(core, meta))) {
    const { address } = request;
    await endSeries(remembering, key, { reason: "credentials-changed", address });
    return;
  }
  const judgement = judgeSecret(record, series.secretHash, core.now(), 0);
  switch (judgement.as) {
    case "current":
      return exchange(remembering, state, series);
    case "successor":
      return join(remembering, state, series);
    case "superseded":
      return; // Replaced twice within the grace: a very late request. It is nobody, and no theft.
    case "stale":
      refuse(core, request, "reused", record.handle);
      if (await endStolenSeries(remembering, key, record, request.address)) {
        leaveNotice(state, "theft");
      }
      clearDeviceCookie(remembering, state);
  }
}

/** The secret's first use: a new session, and a new secret for the device. */
async function exchange(
  remembering: Remembering,
  state: RequestState,
  series: PresentedSeries,
): Promise<void> {
  const { core, options } = remembering;
  const { key, token, secretHash } = series;
  const secret = newSecret();
  const successorHash = secretHashOf(secret);
  const began = await beginSession(remembering, state, series, successorHash);
  let use: Use | undefined;
  const swapped = await swapRecord(core, key, series.record, (record) => {
    const now = core.now();
    if (judgeSecret(record, secretHash, now, 0).as !== "current") return undefined;
    if ((record.flags & recordFlags.tombstone) !== 0) return undefined;
    use = useOf(remembering, state, series, record, began.live);
    const closed = { ...record, retired: closeNewest(record, now, options.graceSeconds) };
    return {
      ...record,
      ...use.boxes,
      secretHash: successorHash,
      confirmedAt: null,
      successor: sealSuccessor(core, key, record, token.secret, secret),
      retired: retireGracefully(closed, now),
      idleExpiresAt: idleEnd(remembering, record),
    };
  });
  if (swapped.outcome === "written") {
    giveDeviceCookie(remembering, state, token, secret, swapped.record.absoluteExpiresAt);
    return takeOver(remembering, state, series, began, use);
  }
  await discard(remembering, began.live);
  if (swapped.outcome === "declined") await again(remembering, state, series, swapped.record);
}

/** The secret was used a moment ago, by a parallel request or by one whose answer was lost. */
async function join(
  remembering: Remembering,
  state: RequestState,
  series: PresentedSeries,
): Promise<void> {
  const { core } = remembering;
  const { key, token, record } = series;
  const successor = openSuccessor(core, key, record, token.secret);
  if (typeof successor === "string") {
    refuse(core, state.request, successor, record.handle);
    return;
  }
  const joined = await joinedSession(core, series);
  if (joined !== undefined) {
    giveDeviceCookie(remembering, state, token, successor, record.absoluteExpiresAt);
    return takeOver(remembering, state, series, { live: joined });
  }
  const began = await beginSession(remembering, state, series, record.secretHash as Buffer);
  const use = useOf(remembering, state, series, record, began.live);
  const swapped = await swapRecord(core, key, record, (fresh) =>
    fresh.version === record.version ? { ...fresh, ...use.boxes } : undefined,
  );
  if (swapped.outcome === "written") {
    giveDeviceCookie(remembering, state, token, successor, record.absoluteExpiresAt);
    return takeOver(remembering, state, series, began, use);
  }
  await discard(remembering, began.live);
  if (swapped.outcome === "declined") await again(remembering, state, series, swapped.record);
}

/** Another request was first: what the secret means now. */
function again(
  remembering: Remembering,
  state: RequestState,
  series: PresentedSeries,
  record: SessionRecord,
): Promise<void> {
  return answer(remembering, state, { ...series, record });
}

interface Began {
  readonly live: LiveSession;
  /** Present if this request made the session. */
  readonly made?: { readonly meta: Meta; readonly contents: Contents };
}

async function beginSession(
  { core, options }: Remembering,
  state: RequestState,
  { key, record, meta }: PresentedSeries,
  secretHash: Uint8Array,
): Promise<Began> {
  const { handle, absoluteExpiresAt } = record;
  const sessionMeta: Meta = {
    subject: meta.subject,
    level: options.level,
    authenticatedAt: meta.authenticatedAt ?? record.createdAt,
    address: state.request.address,
    userAgent: state.request.header("user-agent")?.slice(0, 300),
    series: { handle, key, absoluteExpiresAt, secretMark: markOf(secretHash) },
    stamp: meta.stamp,
  };
  const notice = noticeChange(state, "resumed");
  const contents: Contents = {
    values: new Map<string, unknown>(),
    flash: notice.op === "flash" ? [notice.entry] : [],
  };
  const text = writeContents(contents, state.rules.codec);
  const live = draftSession(core, { subjectKey: record.subjectKey, meta: sessionMeta, text });
  await storeSession(core, live);
  return { live, made: { meta: sessionMeta, contents } };
}

/** Nobody was told of the session, so nothing is reported of its end. */
async function discard({ core }: Remembering, { key }: LiveSession): Promise<void> {
  await core.store.run("delete", (store) => store.delete(key));
}

/** What a use changes of the series: where it was used from, and which session came of it. */
interface Use {
  readonly boxes: Pick<SessionRecord, "meta" | "data">;
  readonly tooMany: readonly SeriesSession[];
}

function useOf(
  { core }: Remembering,
  { request }: RequestState,
  { key, token, meta }: PresentedSeries,
  record: SessionRecord,
  session: LiveSession,
): Use {
  const known = seriesMetaOf(core, key, record) ?? meta;
  const { meta: next, tooMany } = withSession(core, known, session);
  const seen = {
    address: request.address,
    userAgent: request.header("user-agent")?.slice(0, 300),
  };
  const boxes = {
    meta: sealMeta(core, key, record, { ...next, ...seen }),
    data: sealJoin(core, key, token, record, session),
  };
  return { boxes, tooMany };
}

export function idleEnd(
  { core, options }: Remembering,
  { absoluteExpiresAt }: Pick<SessionRecord, "absoluteExpiresAt">,
): number {
  return Math.min(core.now() + options.idleTimeoutSeconds * 1000, absoluteExpiresAt);
}

/** From here on the request is the session's. */
async function takeOver(
  { core }: Remembering,
  state: RequestState,
  { record, meta }: PresentedSeries,
  { live, made }: Began,
  use?: Use,
): Promise<void> {
  const wasAnonymous = state.live?.kind === "anonymous" || state.phase === "tombstone";
  state.presented = undefined;
  state.contents = made?.contents;
  state.storedText = undefined;
  state.meta = made?.meta;
  becomeLive(state, live);
  giveToken(state, live.secret);
  if (wasAnonymous) clearCookie(state, "anonymous");
  const { handle } = record;
  const session = live.record.handle;
  const { address } = state.request;
  const { subject } = meta;
  core.emit({ type: "device.resumed", handle, subject, session, address });
  await endSessions(core, use?.tooMany ?? [], subject, { reason: "limit", address });
}
