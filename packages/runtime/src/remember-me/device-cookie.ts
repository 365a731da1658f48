/**
 * The cookie of a remembered device: which series a request's cookies lead to, and what a response sets.
 * @module
 */

import type { SeriesName } from "../companions.ts";
import { cookieValues } from "../cookie/cookie-header.ts";
import { type CookieForm, expireCookie, setCookie } from "../cookie/set-cookie.ts";
import {
  secretHashOf,
  storeKeyOf,
  type Token,
  type TokenSeries,
  verifyToken,
  writeToken,
} from "../crypto/token.ts";
import { openMeta } from "../engine/boxes.ts";
import type { Core } from "../engine/core.ts";
import { keyedToken, refuse, reloadOnce } from "../engine/load.ts";
import type { RequestState } from "../engine/request-state.ts";
import type { TokenRefusal } from "../events.ts";
import {
  markOf,
  type PresentedSeries,
  type Remembering,
  type SeriesMeta,
  storedSeries,
} from "./series.ts";

/** Whether the request has a cookie of the device, whatever it is worth. */
export function isDeviceCookieThere(
  { cookie, previousCookies }: Remembering,
  { request }: RequestState,
): boolean {
  const { cookies } = request;
  if (cookies === undefined) return false;
  return [cookie, ...previousCookies].some(({ name }) => cookies.includes(`${name}=`));
}

/**
 * Series that the request's cookies lead to, under the first name that leads to any. Forged ones cost no
 * store read.
 */
export async function presentedSeries(
  remembering: Remembering,
  state: RequestState,
): Promise<readonly PresentedSeries[]> {
  const { cookie, previousCookies } = remembering;
  for (const form of [cookie, ...previousCookies]) {
    const found: PresentedSeries[] = [];
    for (const value of cookieValues(state.request.cookies, form.name)) {
      const series = await seriesOf(remembering, state, form, value);
      if (typeof series === "object") found.push(series);
    }
    if (found.length > 0) return found;
  }
  return [];
}

async function seriesOf(
  { core }: Remembering,
  { request }: RequestState,
  { name }: CookieForm,
  value: string,
): Promise<PresentedSeries | undefined> {
  let token = authenticToken(core, name, value);
  // Another process may have promoted a key since ours last looked.
  if (token === "key-missing" && (await reloadOnce(core)))
    token = authenticToken(core, name, value);
  if (typeof token === "string") {
    refuse(core, request, token);
    return undefined;
  }
  const key = storeKeyOf(token);
  const record = await storedSeries(core, key);
  if (record === undefined) {
    refuse(core, request, "unknown");
    return undefined;
  }
  const meta = openMeta(core, key, record);
  if (typeof meta === "string") {
    refuse(core, request, meta, record.handle);
    return undefined;
  }
  const secretHash = secretHashOf(token.secret);
  return { key, token, secretHash, record, meta: meta as SeriesMeta };
}

/** Whether a cookie has the secret that a session's name of its series tells of. */
export function holdsSecret(
  { core, cookie, previousCookies }: Remembering,
  { request }: RequestState,
  { key, secretMark }: SeriesName,
): boolean {
  return [cookie, ...previousCookies].some(({ name }) =>
    cookieValues(request.cookies, name).some((value) => {
      const token = authenticToken(core, name, value);
      if (typeof token === "string" || storeKeyOf(token) !== key) return false;
      return markOf(secretHashOf(token.secret)) === secretMark;
    }),
  );
}

function authenticToken(core: Core, name: string, value: string): Token | TokenRefusal {
  const keyed = keyedToken(core, value);
  if (typeof keyed === "string") return keyed;
  const { token, keys } = keyed;
  return verifyToken(token, keys, name) ? token : "forged";
}

/** Sets the device's cookie, for as long as the device is remembered at most. */
export function giveDeviceCookie(
  { core, cookie, previousCookies }: Remembering,
  state: RequestState,
  series: TokenSeries,
  secret: Uint8Array,
  absoluteExpiresAt: number,
): void {
  const token = writeToken(series, secret, core.options.keyring.current, cookie.name);
  const leftSeconds = Math.max(0, Math.floor((absoluteExpiresAt - core.now()) / 1000));
  expireAll(previousCookies, state);
  state.cookies.set(cookie, setCookie(cookie, token, leftSeconds));
}

export function clearDeviceCookie(
  { cookie, previousCookies }: Remembering,
  state: RequestState,
): void {
  expireAll(previousCookies, state);
  state.cookies.set(cookie, expireCookie(cookie));
}

/** Cookies that the request sent under an earlier name. */
function expireAll(forms: readonly CookieForm[], { request, cookies }: RequestState): void {
  for (const form of forms) {
    if (request.cookies?.includes(`${form.name}=`)) cookies.set(form, expireCookie(form));
  }
}
