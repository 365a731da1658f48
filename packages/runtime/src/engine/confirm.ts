/**
 * The first request that presents a secret confirms it: the predecessor's time begins to run out, and
 * a session that is presented for the first time begins to count.
 * @module
 */
import type { SessionRecord } from "../stores/store.ts";
import { openMeta } from "./boxes.ts";
import type { Core } from "./core.ts";
import { idleDeadline } from "./create.ts";
import { closeNewest, judgeSecret } from "./judge.ts";
import { enforceLimit } from "./limit.ts";
import type { Presented } from "./load.ts";
import { endedBy } from "./load.ts";
import type { RequestView } from "./request-view.ts";
import { isActive } from "./request-view.ts";
import { swapRecord } from "./swap.ts";

/** Whether presenting this record's current secret has to be written down. */
export function needsConfirmation({ judgement, record }: Presented): boolean {
  return judgement.as === "current" && record.confirmedAt === null;
}

/**
 * @returns What the request presents now, judged again; `undefined` if the session is no longer there,
 *   or had to go because the account has too many.
 * @throws {SessionError} HOLDFAST_STORE: an unconfirmed secret is not served.
 */
export async function confirmSecret(
  core: Core,
  request: RequestView,
  presented: Presented,
): Promise<Presented | undefined> {
  const { key, secretHash } = presented;
  const { retiredSeconds, rotationGraceSeconds, isActivity } = core.options.policy;
  const judge = (record: SessionRecord) =>
    judgeSecret(record, secretHash, core.now(), retiredSeconds);

  const isFirst = presented.record.presentedAt === null && presented.record.subjectKey !== null;
  // The device before the session: if this fails halfway, the next request does it again.
  if (isFirst && !(await confirmDevice(core, presented))) {
    await core.store.run("delete", (store) => store.delete(key));
    return undefined;
  }
  const swapped = await swapRecord(core, key, presented.record, (record) => {
    const now = core.now();
    if (record.confirmedAt !== null || judge(record).as !== "current") return undefined;
    if (endedBy(record, now) !== undefined) return undefined;
    const presentedAt = record.presentedAt ?? now;
    const renews = record.presentedAt === null || isActive(request, isActivity);
    return {
      ...record,
      confirmedAt: now,
      presentedAt,
      retired: closeNewest(record, now, rotationGraceSeconds),
      successor: null,
      idleExpiresAt: renews
        ? idleDeadline(core, now, { ...record, presentedAt })
        : record.idleExpiresAt,
    };
  });
  if (swapped.outcome === "gone") return undefined;
  const { record } = swapped;
  const confirmed = { ...presented, record, judgement: judge(record) };

  if (!isFirst || swapped.outcome !== "written") return confirmed;
  return (await enforceLimit(core, request, confirmed)) ? confirmed : undefined;
}

/** Whether the device that the session came from, if any, is remembered still. */
async function confirmDevice(core: Core, { key, record }: Presented): Promise<boolean> {
  if (core.remember === undefined) return true;
  const meta = openMeta(core, key, record);
  if (typeof meta === "string" || meta.series === undefined) return true;
  return core.remember.presented(meta.series);
}
