/**
 * A browser comes back: what its cookie's secret means, and what follows from it.
 * @module
 */
import { secretHashOf } from "../crypto/token.ts";
import { openSuccessor, sealSuccessor } from "../engine/boxes.ts";
import { isStampFresh } from "../engine/credential-stamp.ts";
import { closeNewest, judgeSecret, retireGracefully } from "../engine/judge.ts";
import { endedBy, refuse } from "../engine/load.ts";
import type { RequestState } from "../engine/request-state.ts";
import { keepsSecret } from "../engine/request-view.ts";
import { type Swapped, swapRecord } from "../engine/swap.ts";
import { SessionError } from "../errors.ts";
import type { SessionRecord } from "../stores/store.ts";
import { isTombstone, RECORD_FORMAT } from "../stores/store.ts";
import { beginSession, discard, takeOver, type Use, useOf } from "./begin-session.ts";
import {
  clearDeviceCookie,
  giveDeviceCookie,
  isDeviceCookieThere,
  presentedSeries,
} from "./device-cookie.ts";
import { endSeries, endSessions, endStolenSeries } from "./end-series.ts";
import { joinedSession } from "./join-box.ts";
import { leaveNotice } from "./notice.ts";
import {
  generationOf,
  idleEnd,
  newDeviceSecret,
  type PresentedSeries,
  type Remembering,
  seriesMetaOf,
} from "./series.ts";

/** How often a request may lose against others that use the same device's cookie. */
const MAX_ATTEMPTS = 16;

/**
 * Begins a session if the request's cookie is of a remembered device, or joins the one that has begun.
 *
 * @throws {SessionError} HOLDFAST_STORE
 */
export async function resume(remembering: Remembering, state: RequestState): Promise<void> {
  if (!isDeviceCookieThere(remembering, state)) return;
  // The answer to such a request may be dropped: it is no place for a new secret.
  if (keepsSecret(state.request)) return;
  const found = await presentedSeries(remembering, state);
  // Two that load: one of them was planted, and nothing says which.
  if (found.length > 1) refuse(remembering.core, state.request, "duplicate");
  const [series] = found;
  if (series === undefined || found.length > 1) return;

  let record: SessionRecord | undefined = series.record;
  for (let attempt = 0; record !== undefined; attempt++) {
    if (attempt === MAX_ATTEMPTS) {
      const why = "Too many requests use this device's cookie at once; try again";
      throw new SessionError("HOLDFAST_STORE", why, { operation: "put" });
    }
    const meta = seriesMetaOf(remembering.core, series.key, record) ?? series.meta;
    record = await answer(remembering, state, { ...series, record, meta });
  }
}

/** The record to look at again, because another request was first; `undefined` if all is done. */
type Again = SessionRecord | undefined;

/** What a secret means. The rules are the sessions' own, without time for dead secrets. */
async function answer(
  remembering: Remembering,
  state: RequestState,
  series: PresentedSeries,
): Promise<Again> {
  const { core } = remembering;
  const { record, meta, key } = series;
  const { request } = state;
  const { address } = request;
  if (isTombstone(record)) {
    // Again: whoever found the theft may not have got to the end of it.
    await endSessions(core, meta.sessions, meta.subject, { reason: "reused", address });
    clearDeviceCookie(remembering, state);
    leaveNotice(state, "theft");
    return undefined;
  }
  if (endedBy(record, core.now()) !== undefined) {
    refuse(core, request, "expired", record.handle);
    return undefined;
  }
  if (!(await isStampFresh(core, meta))) {
    await endSeries(remembering, key, { reason: "credentials-changed", address });
    return undefined;
  }
  const judgement = judgeSecret(record, series.secretHash, core.now(), 0);
  switch (judgement.as) {
    case "current":
      return exchange(remembering, state, series);
    case "successor":
      return join(remembering, state, series);
    case "superseded":
      repeat(remembering, state, record);
      return undefined;
    case "stale":
      if (generationOf(series.token.secret) >= meta.generation) {
        // Newer than what the store has: it lost a write, nobody has stolen anything.
        refuse(core, request, "unknown", record.handle);
        return undefined;
      }
      refuse(core, request, "reused", record.handle);
      clearDeviceCookie(remembering, state);
      if (await endStolenSeries(remembering, key, record, address)) leaveNotice(state, "theft");
      return undefined;
  }
}

/** A very late request: its browser has newer cookies by now, and this answer must not overwrite them. */
function repeat({ core }: Remembering, state: RequestState, { handle }: SessionRecord): void {
  refuse(core, state.request, "superseded", handle);
  state.phase = "superseded";
  state.live = undefined;
}

/** The secret's first use: a new session, and a new secret for the device. */
async function exchange(
  remembering: Remembering,
  state: RequestState,
  series: PresentedSeries,
): Promise<Again> {
  const { core, options } = remembering;
  const { key, token, secretHash } = series;
  // A newer release wrote it, which alone can write it again.
  if (series.record.format > RECORD_FORMAT) return undefined;
  const generation = generationOf(token.secret) + 1;
  const secret = newDeviceSecret(generation);
  const successorHash = secretHashOf(secret);
  const began = await beginSession(remembering, state, series, successorHash);
  if (began === undefined) return undefined;
  let use: Use | undefined;
  const swapped = await swapRecord(core, key, series.record, (record) => {
    const now = core.now();
    if (judgeSecret(record, secretHash, now, 0).as !== "current") return undefined;
    if (isTombstone(record)) return undefined;
    use = useOf(remembering, state, series, record, began.live, generation);
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
  if (swapped.outcome !== "written") {
    await discard(remembering, began.live);
    return otherRecord(swapped);
  }
  giveDeviceCookie(remembering, state, token, secret, swapped.record.absoluteExpiresAt);
  await takeOver(remembering, state, series, began, use);
  return undefined;
}

/** The secret was used a moment ago, by a parallel request or by one whose answer was lost. */
async function join(
  remembering: Remembering,
  state: RequestState,
  series: PresentedSeries,
): Promise<Again> {
  const { core } = remembering;
  const { key, token, record } = series;
  const successor = openSuccessor(core, key, record, token.secret);
  if (typeof successor === "string") {
    refuse(core, state.request, successor, record.handle);
    return undefined;
  }
  const joined = await joinedSession(core, series);
  if (joined === "moved-on") {
    repeat(remembering, state, record);
    return undefined;
  }
  if (joined !== undefined) {
    giveDeviceCookie(remembering, state, token, successor, record.absoluteExpiresAt);
    await takeOver(remembering, state, series, { live: joined });
    return undefined;
  }
  if (record.format > RECORD_FORMAT) return undefined;
  const began = await beginSession(remembering, state, series, record.secretHash);
  if (began === undefined) return undefined;
  const use = useOf(remembering, state, series, record, began.live, series.meta.generation);
  const swapped = await swapRecord(core, key, record, (fresh) =>
    fresh.version === record.version ? { ...fresh, ...use.boxes } : undefined,
  );
  if (swapped.outcome !== "written") {
    await discard(remembering, began.live);
    return otherRecord(swapped);
  }
  giveDeviceCookie(remembering, state, token, successor, record.absoluteExpiresAt);
  await takeOver(remembering, state, series, began, use);
  return undefined;
}

function otherRecord(swapped: Swapped): Again {
  return swapped.outcome === "declined" ? swapped.record : undefined;
}
