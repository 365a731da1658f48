/**
 * What the engine leaves to remember-me, each step told by a file of this folder.
 * @module
 */
import { cookieValues } from "../cookie/cookie-header.ts";
import type { RememberSteps } from "../engine/companions.ts";
import type { Core } from "../engine/core.ts";
import { storeSession } from "../engine/create.ts";
import { closeNewest, isServed, judgeSecret } from "../engine/judge.ts";
import type { RequestState } from "../engine/request-state.ts";
import { metaOf } from "../engine/request-state.ts";
import { swapRecord } from "../engine/swap.ts";
import type { RevocationReason } from "../events.ts";
import { isPending, recordFlags } from "../stores/store.ts";
import { devicesOf } from "./devices.ts";
import { endSeries, endStolenSeries } from "./end-series.ts";
import type { ResolvedRememberMe } from "./remember-me.ts";
import { idleEnd, resume } from "./resume.ts";
import {
  clearDeviceCookie,
  draftSeries,
  giveDeviceCookie,
  isSeriesRecord,
  markOf,
  type NewSeries,
  presentedSeries,
  type Remembering,
  seriesRecord,
} from "./series.ts";

export function rememberSteps(core: Core, options: ResolvedRememberMe): RememberSteps {
  const { name, attributes } = core.options.signedInCookie;
  const remembering: Remembering = {
    core,
    options,
    cookie: { name: `${name}-remember`, attributes },
  };

  return {
    resume: (state) => resume(remembering, state),
    draft: (subjectKey, absoluteExpiresAt) =>
      draftSeries(remembering, subjectKey, absoluteExpiresAt),

    async begin(state, draft, checkpoint) {
      await endPresented(remembering, state, "replaced");
      if (draft === undefined) {
        if (isDeviceCookieThere(remembering, state)) clearDeviceCookie(remembering, state);
        return true;
      }
      return store(remembering, state, draft as NewSeries, checkpoint);
    },

    async presented({ key, secretMark }) {
      const record = await core.store.run("get", (store) => store.get(key));
      if (record === undefined || isPending(record) || !isSeriesRecord(record)) return false;
      if ((record.flags & recordFlags.tombstone) !== 0) return false;
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

    async end(state, series) {
      const keep = state.live?.key;
      const { address } = state.request;
      if (series !== undefined) {
        await endSeries(remembering, series.key, { reason: "signed-out", address, keep });
      }
      await endPresented(remembering, state, "signed-out");
      if (series !== undefined || isDeviceCookieThere(remembering, state)) {
        clearDeviceCookie(remembering, state);
      }
    },

    async reused({ key }, address) {
      const record = await core.store.run("get", (store) => store.get(key));
      if (record === undefined || isPending(record)) return;
      await endStolenSeries(remembering, key, record, address);
    },

    subject: (subject, own) => devicesOf(remembering, subject, own),
  };
}

function isDeviceCookieThere({ cookie }: Remembering, { request }: RequestState): boolean {
  return cookieValues(request.cookies, cookie.name).length > 0;
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
  giveDeviceCookie(remembering, state, draft.token, draft.secret, record.absoluteExpiresAt);
  const { subject = "" } = meta;
  const { address } = state.request;
  const session = live.record.handle;
  core.emit({ type: "device.remembered", handle, subject, session, address });
  return true;
}
