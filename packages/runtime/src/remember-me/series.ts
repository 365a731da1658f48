/**
 * The series of a remembered device, kept in the session store as a record of its own kind: found by its
 * cookie alone, indexed by its subject, sealed and swapped as sessions are.
 * @module
 */

import type { SeriesDraft, SeriesName } from "../companions.ts";
import type { CookieForm } from "../cookie/set-cookie.ts";
import type { Token, TokenSeries } from "../crypto/token.ts";
import { newSecret, newSeries, secretHashOf, storeKeyOf } from "../crypto/token.ts";
import { openMeta, sealMeta } from "../engine/boxes.ts";
import type { Core } from "../engine/core.ts";
import { newHandle } from "../engine/core.ts";
import { unusedRecord } from "../engine/create.ts";
import type { Meta } from "../engine/meta.ts";
import type { LiveSession } from "../engine/request-state.ts";
import type { SessionRecord, StoreKey } from "../stores/store.ts";
import { isPending, isSeriesRecord, recordFlags } from "../stores/store.ts";
import { sealJoin } from "./join-box.ts";
import type { ResolvedRememberMe } from "./remember-options.ts";

/** What the steps of remember-me share. */
export interface Remembering {
  readonly core: Core;
  readonly options: ResolvedRememberMe;
  readonly cookie: CookieForm;
  /** The cookie under the earlier names of the policy: one of them is taken over. */
  readonly previousCookies: readonly CookieForm[];
}

/** A session that came from a series. */
export interface SeriesSession {
  readonly key: StoreKey;
  readonly handle: string;
  readonly createdAt: number;
}

/** What the meta box of a series says. */
export interface SeriesMeta extends Meta {
  readonly subject: string;
  /** How often the secret was replaced. */
  readonly generation: number;
  /** Sessions that came from the series and may still be alive, newest first. */
  readonly sessions: readonly SeriesSession[];
}

/** A series that a cookie of the request led to. */
export interface PresentedSeries {
  readonly key: StoreKey;
  readonly token: Token;
  readonly secretHash: Buffer;
  readonly record: SessionRecord;
  readonly meta: SeriesMeta;
}

/** A series before it is stored. */
export interface NewSeries extends SeriesDraft {
  readonly token: TokenSeries;
  readonly secret: Buffer;
  readonly subjectKey: string;
}

/**
 * A device's secret: its generation (4 bytes), then 28 random bytes. The token's MAC covers both, so that an old
 * secret can be told from one that the store has lost, in a failover or when a backup was restored.
 */
export function newDeviceSecret(generation: number): Buffer {
  const secret = newSecret();
  secret.writeUInt32BE(generation);
  return secret;
}

export function generationOf(secret: Buffer): number {
  return secret.readUInt32BE();
}

/** Sessions of one device that are kept alive at once: more of them, and the oldest end. */
const MAX_SESSIONS = 8;

/** What the meta box of a series says; `undefined` if it does not open. */
export function seriesMetaOf(
  core: Core,
  key: StoreKey,
  record: SessionRecord,
): SeriesMeta | undefined {
  const meta = openMeta(core, key, record);
  return typeof meta === "string" ? undefined : (meta as SeriesMeta);
}

/** The series that is kept under a key, dead or alive. */
export async function storedSeries(core: Core, key: StoreKey): Promise<SessionRecord | undefined> {
  const record = await core.store.run("get", (store) => store.get(key));
  const isThere = record !== undefined && !isPending(record) && isSeriesRecord(record);
  return isThere ? record : undefined;
}

/** Which of the series' secrets a session came with; says nothing about the secret. */
export function markOf(secretHash: Uint8Array): string {
  return Buffer.from(secretHash.subarray(0, 9)).toString("base64url");
}

export function draftSeries(
  { core, options }: Remembering,
  subjectKey: string,
  absoluteExpiresAt: number = core.now() + options.absoluteTimeoutSeconds * 1000,
): NewSeries {
  const secret = newDeviceSecret(0);
  const token = newSeries(subjectKey.slice(0, 4));
  const name: SeriesName = {
    handle: newHandle(true),
    key: storeKeyOf(token),
    absoluteExpiresAt,
    secretMark: markOf(secretHashOf(secret)),
  };
  return { name, token, secret, subjectKey };
}

/** The record of a drafted series, with the session that has just begun. */
export function seriesRecord(
  remembering: Remembering,
  { name, token, secret, subjectKey }: NewSeries,
  meta: Meta,
  session: LiveSession,
): SessionRecord {
  const { core } = remembering;
  const now = core.now();
  const { handle, absoluteExpiresAt } = name;
  const bound = { handle, subjectKey, createdAt: now, absoluteExpiresAt };
  const { subject = "", series: _, ...rest } = meta;
  const seriesMeta: SeriesMeta = {
    ...rest,
    subject,
    generation: 0,
    sessions: [sessionEntry(session)],
  };
  return {
    ...bound,
    ...unusedRecord(secret),
    // In full: the user may close the browser on the answer to the sign-in, and come back in a week.
    idleExpiresAt: idleEnd(remembering, bound),
    flags: recordFlags.series,
    meta: sealMeta(core, name.key, bound, seriesMeta),
    data: sealJoin(core, name.key, token, bound, session),
  };
}

/** When a device that was used now is forgotten unless it is used again. */
export function idleEnd(
  { core, options }: Remembering,
  { absoluteExpiresAt }: Pick<SessionRecord, "absoluteExpiresAt">,
): number {
  return Math.min(core.now() + options.idleTimeoutSeconds * 1000, absoluteExpiresAt);
}

function sessionEntry({ key, record }: LiveSession): SeriesSession {
  return { key, handle: record.handle, createdAt: record.createdAt };
}

/** The meta box's content with one more session, without those that must have ended, and who must go for it. */
export function withSession(
  core: Core,
  meta: SeriesMeta,
  session: LiveSession,
): { readonly meta: SeriesMeta; readonly tooMany: readonly SeriesSession[] } {
  const longestMs = core.options.policy.absoluteTimeoutSeconds * 1000;
  const alive = meta.sessions.filter(({ createdAt }) => core.now() - createdAt < longestMs);
  const sessions = [sessionEntry(session), ...alive];
  return {
    meta: { ...meta, sessions: sessions.slice(0, MAX_SESSIONS) },
    tooMany: sessions.slice(MAX_SESSIONS),
  };
}
