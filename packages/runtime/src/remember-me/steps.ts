/**
 * What the engine leaves to remember-me, each step told by a file of this folder.
 * @module
 */

import type { RememberSteps, SeriesName } from "../companions.ts";
import type { CookieForm } from "../cookie/set-cookie.ts";
import type { Core } from "../engine/core.ts";
import { storeSession } from "../engine/create.ts";
import { closeNewest, isServed, judgeSecret } from "../engine/judge.ts";
import type { LiveSession, RequestState } from "../engine/request-state.ts";
import { metaOf } from "../engine/request-state.ts";
import type { SubjectSessions } from "../engine/subject.ts";
import { swapRecord } from "../engine/swap.ts";
import type { RevocationReason } from "../events.ts";
import { isPending, isTombstone } from "../stores/store.ts";
import { checkStore } from "./check-store.ts";
import {
  clearDeviceCookie,
  giveDeviceCookie,
  holdsSecret,
  isDeviceCookieThere,
  presentedSeries,
} from "./device-cookie.ts";
import { devicesOf, forgetOldest } from "./devices.ts";
import { endSeries, endStolenSeries } from "./end-series.ts";
import { keepNotice } from "./notice.ts";
import type { ResolvedRememberMe } from "./remember-options.ts";
import { resume } from "./resume.ts";
import {
  draftSeries,
  idleEnd,
  markOf,
  type NewSeries,
  type Remembering,
  seriesRecord,
  storedSeries,
} from "./series.ts";

export function rememberSteps(core: Core, options: ResolvedRememberMe): RememberSteps {
  const { signedInCookie, previousCookies } = core.options;
  const deviceCookie = ({ name, attributes }: CookieForm) => ({
    name: `${name}-remember`,
    attributes,
  });
  const remembering: Remembering = {
    core,
    options,
    cookie: deviceCookie(signedInCookie),
    previousCookies: previousCookies.map(({ signedIn }) => deviceCookie(signedIn)),
  };
  checkStore(remembering);

  return {
    resume: (state: RequestState) => resume(remembering, state),
    draft: (subjectKey, absoluteExpiresAt) =>
      draftSeries(remembering, subjectKey, absoluteExpiresAt),

    // The request that came back by the device's cookie has the secret before, and the session's came after.
    holds: (state: RequestState, series) =>
      state.resumed !== undefined || holdsSecret(remembering, state, series),

    async begin(state: RequestState, draft, replaced, checkpoint) {
      await endNamed(remembering, state, replaced, "replaced");
      await endPresented(remembering, state, "replaced");
      keepNotice(state);
      if (draft === undefined) {
        if (isDeviceCookieThere(remembering, state)) clearDeviceCookie(remembering, state);
        return true;
      }
      return store(remembering, state, draft as NewSeries, checkpoint);
    },

    async presented({ key, secretMark }) {
      const record = await storedSeries(core, key);
      if (record === undefined || isTombstone(record)) return false;
      const swapped = await swapRecord(core, key, record, (found) => {
        const isTheirs = markOf(found.secretHash) === secretMark;
        if (found.confirmedAt !== null || !isTheirs) return undefined;
        const now = core.now();
        return {
          ...found,
          confirmedAt: now,
          retired: closeNewest(found, now, options.graceSeconds),
          idleExpiresAt: idleEnd(remembering, found),
        };
      });
      return swapped.outcome !== "gone";
    },

    async end(state: RequestState, series) {
      await endNamed(remembering, state, series, "signed-out");
      await endPresented(remembering, state, "signed-out");
      if (series !== undefined || isDeviceCookieThere(remembering, state)) {
        clearDeviceCookie(remembering, state);
      }
    },

    async recheck(state: RequestState) {
      const { resumed, live } = state;
      // Where the handler changed the token, the answer has newer cookies already.
      if (resumed === undefined || live === undefined || live.secret !== resumed.secret) return;
      if (await isStillThere(core, live)) return;
      state.cookies.delete(core.options.signedInCookie);
      state.cookies.delete(remembering.cookie);
    },

    async reused({ key }, address) {
      const record = await storedSeries(core, key);
      if (record === undefined) return;
      await endStolenSeries(remembering, key, record, address);
    },

    subject: (subject: string, own: SubjectSessions) => devicesOf(remembering, subject, own),
  };
}

/** Whether a session is there, under the secret that this request knows. */
async function isStillThere(core: Core, { key, secretHash }: LiveSession): Promise<boolean> {
  const record = await core.store.run("get", (store) => store.get(key));
  return record !== undefined && !isPending(record) && secretHash.equals(record.secretHash);
}

/** Ends the device that the request's session came from, or began with. */
async function endNamed(
  remembering: Remembering,
  state: RequestState,
  series: SeriesName | undefined,
  reason: RevocationReason,
): Promise<void> {
  if (series === undefined) return;
  const { address } = state.request;
  await endSeries(remembering, series.key, { reason, address, keep: state.live?.key });
}

/** Ends what the browser is remembered by. An old cookie must not end anything: its holder may be a thief. */
async function endPresented(
  remembering: Remembering,
  state: RequestState,
  reason: RevocationReason,
): Promise<void> {
  const { core } = remembering;
  for (const { key, record, secretHash } of await presentedSeries(remembering, state)) {
    if (!isServed(judgeSecret(record, secretHash, core.now(), 0))) continue;
    const { address } = state.request;
    await endSeries(remembering, key, { reason, address, keep: state.live?.key });
  }
}

async function store(
  remembering: Remembering,
  state: RequestState,
  draft: NewSeries,
  checkpoint: string | undefined,
): Promise<boolean> {
  const { core } = remembering;
  const { live } = state;
  if (live === undefined) return true;
  const meta = metaOf(state);
  const record = seriesRecord(remembering, draft, meta, live);
  const { key, handle } = draft.name;
  if (!(await storeSession(core, { ...live, key, record }, { checkpoint }))) return false;
  // Everything was revoked between the session and this: the device must not outlive it.
  if (!(await isStillThere(core, live))) {
    await endSeries(remembering, key, { reason: "requested" });
    return false;
  }
  giveDeviceCookie(remembering, state, draft.token, draft.secret, record.absoluteExpiresAt);
  const { subject = "" } = meta;
  const { address } = state.request;
  const session = live.record.handle;
  core.emit({ type: "device.remembered", handle, subject, session, address });
  await forgetOldest(remembering, draft.subjectKey, address);
  return true;
}
