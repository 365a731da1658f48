/**
 * Rotation at once, for a change of privilege: a new secret for the same session, the old one dead.
 * @module
 */
import { newSecret, secretHashOf } from "../crypto/token.ts";
import { SessionRefusal } from "../errors.ts";
import { isTombstone, recordFlags } from "../stores/store.ts";
import { openData, sealData, sealMeta } from "./boxes.ts";
import { type Change, checkedText, replay } from "./changes.ts";
import { resealed } from "./commit.ts";
import { giveToken } from "./cookies.ts";
import { idleDeadline } from "./create.ts";
import { isServed, judgeSecret, retireDead } from "./judge.ts";
import { endedBy } from "./load.ts";
import type { Meta } from "./meta.ts";
import { seeWritten, withLog } from "./pending.ts";
import type { LiveSession, RequestState } from "./request-state.ts";
import { becomeLive, raise } from "./request-state.ts";
import { swapRecord } from "./swap.ts";
import type { Contents } from "./values.ts";

/**
 * Replaces the secret, the data as this request left it, and, if given, who is signed in how.
 *
 * @throws {SessionRefusal} `superseded` if another request was first with such a rotation; `ended` if
 *   the session is gone.
 * @see ASVS 5.0, 7.2.4; CWE-384
 */
export async function rotateDead(
  state: RequestState,
  live: LiveSession,
  newMeta: Meta | undefined,
): Promise<void> {
  await withLog(state, (log) => rotateWith(state, live, newMeta, log));
}

async function rotateWith(
  state: RequestState,
  live: LiveSession,
  newMeta: Meta | undefined,
  log: readonly Change[],
): Promise<void> {
  const { core, rules } = state;
  const secret = newSecret();
  const secretHash = secretHashOf(secret);
  let contents: Contents | undefined;

  const swapped = await swapRecord(core, live.key, live.record, (record) => {
    const now = core.now();
    const { retiredSeconds } = core.options.policy;
    if (isTombstone(record)) return undefined;
    if (endedBy(record, now) !== undefined) return undefined;
    if (!isServed(judgeSecret(record, live.secretHash, now, retiredSeconds))) return undefined;
    const opened = log.length === 0 ? undefined : openData(core, live.key, live.series, record);
    if (typeof opened === "string") return undefined;
    contents = opened && replay(opened.contents, log, rules);
    return {
      ...record,
      ...resealed(core, live, record),
      secretHash,
      confirmedAt: null,
      successor: null,
      retired: retireDead(record, now),
      flags: record.flags & ~recordFlags.rotationDue,
      idleExpiresAt: idleDeadline(core, now, record),
      ...(newMeta && { meta: sealMeta(core, live.key, record, newMeta) }),
      ...(contents && {
        data: sealData(core, live.key, live.series, record, checkedText(contents, rules)),
      }),
    };
  });

  if (swapped.outcome === "gone") raise(state, new SessionRefusal("ended"));
  const { record } = swapped;
  if (!secretHash.equals(record.secretHash)) {
    const isOver = endedBy(record, core.now()) !== undefined;
    raise(state, new SessionRefusal(isOver ? "ended" : "superseded"));
  }

  if (contents !== undefined) seeWritten(state, contents);
  if (newMeta !== undefined) state.meta = newMeta;
  becomeLive(state, { ...live, secret, secretHash, record });
  giveToken(state, secret);
}
