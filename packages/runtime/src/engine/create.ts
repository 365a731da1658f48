/**
 * Makes a session: its series, its first secret, its record.
 * @module
 */
import { newSecret, newSeries, secretHashOf, storeKeyOf } from "../crypto/token.ts";
import { SessionError } from "../errors.ts";
import type { CreateOptions, SessionRecord, StoreKey } from "../stores/store.ts";
import { RECORD_FORMAT } from "../stores/store.ts";
import { type BoxBound, sealData, sealMeta } from "./boxes.ts";
import type { Core } from "./core.ts";
import { newHandle } from "./core.ts";
import type { Meta } from "./meta.ts";
import type { LiveSession } from "./request-state.ts";
import { newWriteId } from "./swap.ts";

/** A session that its browser has never presented ends after this long at the latest. */
const UNPRESENTED_SECONDS = 3600;

/** When a session that was used now ends by inactivity; never after its absolute end. */
export function idleDeadline(
  core: Core,
  now: number,
  record: Pick<SessionRecord, "subjectKey" | "presentedAt" | "absoluteExpiresAt">,
): number {
  const { idleTimeoutSeconds, anonymousIdleSeconds } = core.options.policy;
  const idle = record.subjectKey === null ? anonymousIdleSeconds : idleTimeoutSeconds;
  const seconds = record.presentedAt === null ? Math.min(idle, UNPRESENTED_SECONDS) : idle;
  return Math.min(now + seconds * 1000, record.absoluteExpiresAt);
}

/** What a new session begins with. */
export interface NewSession {
  readonly subjectKey: string | null;
  readonly meta: Meta;
  /** Contents, as `checkedText` made them. */
  readonly text: string;
  /** The session ends then at the latest: with the remembered device that it comes from. */
  readonly endsBy?: number;
}

/** What every new record says of its first secret: nobody has presented it. */
export function unusedRecord(
  secret: Uint8Array,
): Omit<SessionRecord, keyof BoxBound | "idleExpiresAt" | "flags" | "meta" | "data"> {
  return {
    format: RECORD_FORMAT,
    version: 1,
    secretHash: secretHashOf(secret),
    confirmedAt: null,
    presentedAt: null,
    retired: [],
    successor: null,
    writeIds: [newWriteId()],
  };
}

export function draftSession(
  core: Core,
  { subjectKey, meta, text, endsBy = Number.POSITIVE_INFINITY }: NewSession,
): LiveSession {
  const now = core.now();
  const absoluteEnd = now + core.options.policy.absoluteTimeoutSeconds * 1000;
  const secret = newSecret();
  const series = newSeries(subjectKey?.slice(0, 4));
  const key = storeKeyOf(series);
  const bound = {
    handle: newHandle(),
    subjectKey,
    createdAt: now,
    absoluteExpiresAt: Math.min(absoluteEnd, endsBy),
  };
  const record: SessionRecord = {
    ...bound,
    ...unusedRecord(secret),
    idleExpiresAt: idleDeadline(core, now, { ...bound, presentedAt: null }),
    flags: 0,
    meta: sealMeta(core, key, bound, meta),
    data: sealData(core, key, series, bound, text),
  };
  const kind = subjectKey === null ? "anonymous" : "signed-in";
  return { kind, key, series, secret, secretHash: record.secretHash as Buffer, record };
}

/**
 * Stores a drafted session once, also if the answer to a first attempt was lost.
 *
 * @returns `false` if the subject's sessions were revoked since the checkpoint.
 * @throws {SessionError} HOLDFAST_STORE if the store failed twice; the session may still have been made.
 */
export async function storeSession(
  core: Core,
  { key, record }: LiveSession,
  options: Omit<CreateOptions, "now"> = {},
): Promise<boolean> {
  const create = () =>
    core.store.run("create", (store) => store.create(key, record, { ...options, now: core.now() }));
  let answer: Awaited<ReturnType<typeof create>>;
  try {
    answer = await create();
  } catch (cause) {
    if (cause instanceof SessionError && cause.code !== "HOLDFAST_STORE") throw cause;
    answer = await create();
  }
  if (answer === "exists") await expectOwn(core, key, record);
  return answer !== "revoked-meanwhile";
}

/** A key that is taken is ours from the attempt before, or the random numbers are broken. */
async function expectOwn(core: Core, key: StoreKey, record: SessionRecord): Promise<void> {
  const found = await core.store.run("get", (store) => store.get(key));
  if (found !== undefined && found.handle === record.handle) return;
  throw new SessionError("HOLDFAST_STORE", "A new session's key was taken; try again", {
    operation: "create",
  });
}
