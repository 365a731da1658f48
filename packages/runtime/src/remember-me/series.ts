/**
 * The series of a remembered device, kept in the session store as a record of its own kind: found by its
 * cookie alone, indexed by its subject, sealed and swapped as sessions are.
 * @module
 */
import { cookieValues } from "../cookie/cookie-header.ts";
import { type CookieForm, expireCookie, setCookie } from "../cookie/set-cookie.ts";
import { openBox, sealBox } from "../crypto/box.ts";
import type { Token, TokenSeries } from "../crypto/token.ts";
import {
  isKnownFormat,
  newSecret,
  newSeries,
  readToken,
  secretHashOf,
  storeKeyOf,
  verifyToken,
  writeToken,
} from "../crypto/token.ts";
import { contextOf, openMeta, sealMeta } from "../engine/boxes.ts";
import type { SeriesDraft, SeriesName } from "../engine/companions.ts";
import type { Core } from "../engine/core.ts";
import { newHandle } from "../engine/core.ts";
import { endedBy, refuse } from "../engine/load.ts";
import type { Meta } from "../engine/meta.ts";
import type { LiveSession, RequestState } from "../engine/request-state.ts";
import { newWriteId } from "../engine/swap.ts";
import type { SessionRecord, StoreKey } from "../stores/store.ts";
import { isPending, RECORD_FORMAT, recordFlags } from "../stores/store.ts";
import type { ResolvedRememberMe } from "./remember-me.ts";

/** What the steps of remember-me share. */
export interface Remembering {
  readonly core: Core;
  readonly options: ResolvedRememberMe;
  readonly cookie: CookieForm;
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

/** Until its browser has shown that it got the cookie, a device is kept this long. */
const UNCONFIRMED_SECONDS = 3600;

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

export function isSeriesRecord({ flags }: Pick<SessionRecord, "flags">): boolean {
  return (flags & recordFlags.series) !== 0;
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
  const secret = newSecret();
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
  { core }: Remembering,
  { name, token, secret, subjectKey }: NewSeries,
  meta: Meta,
  session: LiveSession,
): SessionRecord {
  const now = core.now();
  const { handle, absoluteExpiresAt } = name;
  const bound = { handle, subjectKey, createdAt: now, absoluteExpiresAt };
  const { subject = "", series: _, ...rest } = meta;
  const seriesMeta: SeriesMeta = { ...rest, subject, sessions: [sessionEntry(session)] };
  return {
    ...bound,
    format: RECORD_FORMAT,
    version: 1,
    secretHash: secretHashOf(secret),
    confirmedAt: null,
    presentedAt: null,
    retired: [],
    successor: null,
    idleExpiresAt: Math.min(now + UNCONFIRMED_SECONDS * 1000, absoluteExpiresAt),
    flags: recordFlags.series,
    writeIds: [newWriteId()],
    meta: sealMeta(core, name.key, bound, seriesMeta),
    data: sealJoin(core, name.key, token, bound, session),
  };
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

type Bound = Parameters<typeof contextOf>[1];

/**
 * The token of the session that came with the present secret, for parallel requests to join it. Sealed as
 * session data is: it opens only with the device's cookie.
 */
export function sealJoin(
  core: Core,
  key: StoreKey,
  { series }: TokenSeries,
  record: Bound,
  session: LiveSession,
): Buffer {
  const text = JSON.stringify([
    session.series.bucket,
    session.series.series.toString("base64url"),
    session.secret.toString("base64url"),
  ]);
  return sealBox("data", core.options.keyring.current, series, contextOf(key, record), text);
}

/** The session that came with the present secret, if it is alive and its token still current. */
export async function joinedSession(
  core: Core,
  { key, token, record }: PresentedSeries,
): Promise<LiveSession | undefined> {
  const context = contextOf(key, record);
  const opened = openBox("data", core.options.keyring, token.series, context, record.data);
  if (typeof opened === "string") return undefined;
  const [bucket, series, secretText] = JSON.parse(opened.toString()) as [string, string, string];
  const sessionSeries = { bucket, series: Buffer.from(series, "base64url") };
  const secret = Buffer.from(secretText, "base64url");
  const secretHash = secretHashOf(secret);
  const sessionKey = storeKeyOf(sessionSeries);
  const found = await core.store.run("get", (store) => store.get(sessionKey));
  if (found === undefined || isPending(found) || endedBy(found, core.now())) return undefined;
  if (!secretHash.equals(found.secretHash)) return undefined;
  return {
    kind: "signed-in",
    key: sessionKey,
    series: sessionSeries,
    secret,
    secretHash,
    record: found,
  };
}

/** Series that the request's cookies lead to. Forged ones cost no store read. */
export async function presentedSeries(
  { core, cookie }: Remembering,
  { request }: RequestState,
): Promise<readonly PresentedSeries[]> {
  const found: PresentedSeries[] = [];
  for (const value of cookieValues(request.cookies, cookie.name)) {
    const token = readToken(value);
    if (token === undefined) {
      refuse(core, request, "forged");
      continue;
    }
    const keys = isKnownFormat(token) ? core.options.keyring.find(token.keyNumber) : undefined;
    if (keys === undefined) {
      refuse(core, request, "key-missing");
      continue;
    }
    if (keys === "revoked" || !verifyToken(token, keys, cookie.name)) {
      refuse(core, request, keys === "revoked" ? "unknown" : "forged");
      continue;
    }
    const key = storeKeyOf(token);
    const record = await core.store.run("get", (store) => store.get(key));
    if (record === undefined || isPending(record) || !isSeriesRecord(record)) {
      refuse(core, request, "unknown");
      continue;
    }
    const meta = openMeta(core, key, record);
    if (typeof meta === "string") {
      refuse(core, request, meta, record.handle);
      continue;
    }
    const secretHash = secretHashOf(token.secret);
    found.push({ key, token, secretHash, record, meta: meta as SeriesMeta });
  }
  return found;
}

/** Sets the device's cookie, for as long as the device is remembered at most. */
export function giveDeviceCookie(
  { core, cookie }: Remembering,
  state: RequestState,
  series: TokenSeries,
  secret: Uint8Array,
  absoluteExpiresAt: number,
): void {
  const token = writeToken(series, secret, core.options.keyring.current, cookie.name);
  const leftSeconds = Math.max(0, Math.floor((absoluteExpiresAt - core.now()) / 1000));
  state.cookies.set(cookie, setCookie(cookie, token, leftSeconds));
}

export function clearDeviceCookie({ cookie }: Remembering, state: RequestState): void {
  state.cookies.set(cookie, expireCookie(cookie));
}
