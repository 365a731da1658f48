/**
 * The data box of a series: the token of the session that came with the present secret, so that parallel
 * requests join that session instead of beginning one each.
 * @module
 */
import { openBox, sealBox } from "../crypto/box.ts";
import { secretHashOf, storeKeyOf, type TokenSeries } from "../crypto/token.ts";
import { type BoxBound, contextOf } from "../engine/boxes.ts";
import type { Core } from "../engine/core.ts";
import { endedBy } from "../engine/load.ts";
import type { LiveSession } from "../engine/request-state.ts";
import type { StoredSession, StoreKey } from "../stores/store.ts";
import { isPending } from "../stores/store.ts";

/** Sealed as session data is: it opens only with a cookie of the device. */
export function sealJoin(
  core: Core,
  key: StoreKey,
  { series }: TokenSeries,
  record: BoxBound,
  session: LiveSession,
): Buffer {
  const text = JSON.stringify([
    session.series.bucket,
    session.series.series.toString("base64url"),
    session.secret.toString("base64url"),
  ]);
  return sealBox("data", core.options.keyring.current, series, contextOf(key, record), text);
}

/**
 * The session that came with the present secret, if it is alive and its token still current; `moved-on` if
 * its browser has presented it and it has another token by now, which a late answer must not overwrite.
 */
export async function joinedSession(
  core: Core,
  { key, token, record }: StoredSession & { readonly token: TokenSeries },
): Promise<LiveSession | "moved-on" | undefined> {
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
  if (!secretHash.equals(found.secretHash)) {
    return found.presentedAt === null ? undefined : "moved-on";
  }
  return {
    kind: "signed-in",
    key: sessionKey,
    series: sessionSeries,
    secret,
    secretHash,
    record: found,
  };
}
