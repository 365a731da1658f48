/**
 * The session that a remembered browser comes back to: made before the series names it, given away only after.
 * @module
 */
import { sealMeta } from "../engine/boxes.ts";
import { clearCookie, giveToken } from "../engine/cookies.ts";
import { draftSession, storeSession } from "../engine/create.ts";
import { hasRoom } from "../engine/limit.ts";
import type { Meta } from "../engine/meta.ts";
import type { LiveSession, RequestState } from "../engine/request-state.ts";
import { becomeLive } from "../engine/request-state.ts";
import { originOf } from "../engine/request-view.ts";
import type { Contents } from "../engine/values.ts";
import { writeContents } from "../engine/values.ts";
import type { SessionRecord } from "../stores/store.ts";
import { endSessions } from "./end-series.ts";
import { sealJoin } from "./join-box.ts";
import { noticeChange } from "./notice.ts";
import {
  markOf,
  type PresentedSeries,
  type Remembering,
  type SeriesMeta,
  type SeriesSession,
  seriesMetaOf,
  withSession,
} from "./series.ts";

export interface Began {
  readonly live: LiveSession;
  /** Present if this request made the session. */
  readonly made?: { readonly meta: Meta; readonly contents: Contents };
}

/**
 * @param secretHash Of the device's secret that comes with the session.
 * @returns `undefined` if the account has as many sessions as it may.
 */
export async function beginSession(
  { core, options }: Remembering,
  state: RequestState,
  { key, record, meta }: PresentedSeries,
  secretHash: Uint8Array,
): Promise<Began | undefined> {
  const { handle, absoluteExpiresAt } = record;
  const { address } = state.request;
  const { subject } = meta;
  const subjectKey = record.subjectKey as string;
  if (core.options.policy.sessionLimit === "refuse-new") {
    if (!(await hasRoom(core, subjectKey, undefined))) {
      core.emit({ type: "sign-in.refused", reason: "limit-reached", subject, address });
      return undefined;
    }
  }
  const sessionMeta: Meta = {
    subject,
    level: options.level,
    authenticatedAt: meta.authenticatedAt ?? record.createdAt,
    ...originOf(state.request),
    // A form that was open in a tab when the session before ended: its anti-forgery token is still good.
    from: meta.sessions[0]?.handle,
    series: { handle, key, absoluteExpiresAt, secretMark: markOf(secretHash) },
    stamp: meta.stamp,
  };
  const notice = noticeChange(state, "resumed");
  const contents: Contents = {
    values: new Map<string, unknown>(),
    flash: notice.op === "flash" ? [notice.entry] : [],
  };
  const text = writeContents(contents, state.rules.codec);
  const live = draftSession(core, {
    subjectKey,
    meta: sessionMeta,
    text,
    endsBy: absoluteExpiresAt,
  });
  await storeSession(core, live);
  return { live, made: { meta: sessionMeta, contents } };
}

/** Nobody was told of the session, so nothing is reported of its end. */
export async function discard({ core }: Remembering, { key }: LiveSession): Promise<void> {
  await core.store.run("delete", (store) => store.delete(key));
}

/** What a use changes of the series: where it was used from, and which session came of it. */
export interface Use {
  readonly boxes: Pick<SessionRecord, "meta" | "data">;
  readonly tooMany: readonly SeriesSession[];
}

export function useOf(
  { core }: Remembering,
  { request }: RequestState,
  { key, token, meta }: PresentedSeries,
  record: SessionRecord,
  session: LiveSession,
  generation: number,
): Use {
  const known = seriesMetaOf(core, key, record) ?? meta;
  const { meta: next, tooMany } = withSession(core, known, session);
  const told: SeriesMeta = { ...next, ...originOf(request), generation };
  const boxes = {
    meta: sealMeta(core, key, record, told),
    data: sealJoin(core, key, token, record, session),
  };
  return { boxes, tooMany };
}

/** From here on the request is the session's. */
export async function takeOver(
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
  state.resumed = live;
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
