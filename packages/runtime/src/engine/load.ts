/**
 * From the cookies of a request to a judged record: the first half of every request.
 * A token whose MAC fails costs no store read; one that the store does not know is never adopted.
 * @module
 */
import { cookieValues } from "../cookie/cookie-header.ts";
import type { CookieForm } from "../cookie/set-cookie.ts";
import type { DerivedKeys } from "../crypto/keyring.ts";
import type { Token } from "../crypto/token.ts";
import { isKnownFormat, readToken } from "../crypto/token.ts";
import type { TokenRefusal } from "../events.ts";
import type { Awaitable, SessionRecord, StoreKey } from "../stores/store.ts";
import { isPending, isTombstone } from "../stores/store.ts";
import { openMeta } from "./boxes.ts";
import type { Core } from "./core.ts";
import type { Judgement } from "./judge.ts";
import { judgeSecret } from "./judge.ts";
import type { RequestView } from "./request-view.ts";
import { isLoopbackHost, isSafeMethod } from "./request-view.ts";
import { type Steps, step } from "./steps.ts";
import type { VerifiedToken } from "./token-cache.ts";

/** A session that a cookie of this request led to. */
export interface Presented {
  readonly kind: "signed-in" | "anonymous";
  /** The cookie it came in: one of an earlier name is taken over. */
  readonly cookie: CookieForm;
  readonly token: Token;
  readonly key: StoreKey;
  readonly secretHash: Buffer;
  readonly record: SessionRecord;
  readonly judgement: Judgement;
}

/** What the cookies of a request amount to. */
export type Loaded =
  | { readonly state: "none" }
  | { readonly state: "served" | "superseded" | "tombstone"; readonly presented: Presented }
  /** A key that another process may hold: nothing may be written, cleared or ended. */
  | { readonly state: "key-missing" };

const NONE: Loaded = { state: "none" };
const KEY_MISSING: Loaded = { state: "key-missing" };

/** @throws {SessionError} HOLDFAST_STORE if the store does not answer. */
export function* loadSession(core: Core, request: RequestView, readOnly: boolean): Steps<Loaded> {
  const { signedInCookie, anonymousCookie, previousCookies } = core.options;
  for (const kind of ["signed-in", "anonymous"] as const) {
    const isSignedIn = kind === "signed-in";
    const present = isSignedIn ? signedInCookie : anonymousCookie;
    const loaded = yield* loadCookie(core, request, present, kind, readOnly);
    if (loaded.state !== "none") return loaded;
    for (const previous of previousCookies) {
      const earlier = isSignedIn ? previous.signedIn : previous.anonymous;
      const taken = yield* loadCookie(core, request, earlier, kind, readOnly);
      if (taken.state !== "none") return taken;
    }
  }
  return NONE;
}

function* loadCookie(
  core: Core,
  request: RequestView,
  cookie: CookieForm,
  kind: Presented["kind"],
  readOnly: boolean,
): Steps<Loaded> {
  let found: Loaded = NONE;
  for (const value of cookieValues(request.cookies, cookie.name)) {
    let token = authenticToken(core, cookie, value);
    if (token === "key-missing" && (yield* step(reloadOnce(core)))) {
      // Another process may have promoted a key since ours last looked.
      token = authenticToken(core, cookie, value);
    }
    if (typeof token === "string") {
      refuse(core, request, token);
      if (token === "key-missing" && found.state === "none") found = KEY_MISSING;
      continue;
    }
    const { key } = token;
    const record = yield* step(core.store.run("get", (store) => store.get(key)));
    const isThere = record !== undefined && !isPending(record);
    if (!isThere || (record.subjectKey !== null) !== (kind === "signed-in")) {
      refuse(core, request, "unknown");
      continue;
    }
    const judged = judgeRecord(core, request, cookie, kind, token, record, readOnly);
    const loaded = yield* step(judged);
    if (loaded.state === "none") {
      // An old copy beside the current cookie has just ended the session that was found before it.
      const isOver = kind === "signed-in" && "presented" in found && found.presented.key === key;
      if (isOver) found = NONE;
      continue;
    }
    if (found.state !== "none" && found.state !== "key-missing") {
      // Two that load: one of them was planted, and nothing says which.
      refuse(core, request, "duplicate");
      return NONE;
    }
    found = loaded;
  }
  return found;
}

function judgeRecord(
  core: Core,
  request: RequestView,
  cookie: CookieForm,
  kind: Presented["kind"],
  { token, key, secretHash }: AuthenticToken,
  record: SessionRecord,
  readOnly: boolean,
): Awaitable<Loaded> {
  const now = core.now();
  const { retiredSeconds } = core.options.policy;
  const judgement = judgeSecret(record, secretHash, now, retiredSeconds);
  const presented = { kind, cookie, token, key, secretHash, record, judgement };

  if (isTombstone(record)) {
    const readable = judgement.as === "superseded";
    if (!readable) refuse(core, request, "unknown", record.handle);
    return readable ? { state: "tombstone", presented } : NONE;
  }
  const ended = endedBy(record, now);
  if (ended !== undefined) {
    if (refuse(core, request, "expired", record.handle)) {
      core.emit({ type: "session.expired", handle: record.handle, cause: ended });
    }
    return NONE;
  }
  if (judgement.as === "superseded") {
    refuse(core, request, "superseded", record.handle);
    return { state: "superseded", presented };
  }
  return judgement.as === "stale"
    ? judgeStale(core, request, presented, readOnly)
    : { state: "served", presented };
}

/** A token that one of our keys minted, and what it leads to. */
interface AuthenticToken extends VerifiedToken {
  readonly token: Token;
}

/** The token in a cookie's value, or why it is refused. Costs no store read. */
function authenticToken(
  core: Core,
  cookie: CookieForm,
  value: string,
): AuthenticToken | TokenRefusal {
  const keyed = keyedToken(core, value);
  if (typeof keyed === "string") return keyed;
  const { token, keys } = keyed;
  const verified = core.tokenCache.verify(token, value, keys, cookie.name);
  return verified === undefined
    ? "forged"
    : { token, key: verified.key, secretHash: verified.secretHash };
}

/** A token as it was read, not believed yet, and the keys that it names; or why it is refused. */
export function keyedToken(
  core: Core,
  value: string,
): { readonly token: Token; readonly keys: DerivedKeys } | TokenRefusal {
  const token = readToken(value);
  if (token === undefined) return "forged";
  if (!isKnownFormat(token)) return "key-missing";
  const keys = core.options.keyring.find(token.keyNumber);
  if (keys === undefined) return "key-missing";
  return keys === "revoked" ? "unknown" : { token, keys };
}

const lastReload = new WeakMap<Core, number>();
const RELOAD_EVERY_MS = 1000;

/** At most once a second, so that made-up key numbers cost no file reads. */
export async function reloadOnce(core: Core): Promise<boolean> {
  const now = core.now();
  if (now - (lastReload.get(core) ?? Number.NEGATIVE_INFINITY) < RELOAD_EVERY_MS) return false;
  lastReload.set(core, now);
  return core.options.keyring.reload();
}

/** A secret replaced long ago: a copy of the cookie is in use somewhere, or a request is very late. */
async function judgeStale(
  core: Core,
  request: RequestView,
  presented: Presented,
  readOnly: boolean,
): Promise<Loaded> {
  const { record, key, kind } = presented;
  if (!isSafeMethod(request.method)) {
    // An upload may have waited in a proxy for minutes: it may repeat, it may not end the session.
    refuse(core, request, "superseded", record.handle);
    return { state: "superseded", presented };
  }
  refuse(core, request, "reused", record.handle);
  // A reader writes nothing: the next request that is more than that ends the session.
  if (kind === "signed-in" && !readOnly) {
    await core.store.run("delete", (store) => store.delete(key));
    const reason = record.confirmedAt === null ? "successor-lost" : "reused";
    const { handle } = record;
    core.emit({ type: "session.revoked", handle, reason, address: request.address });
    const meta = core.remember && reason === "reused" && openMeta(core, key, record);
    if (typeof meta === "object" && meta.series) {
      await core.remember?.reused(meta.series, request.address);
    }
  }
  return NONE;
}

/** Which deadline has passed, if one has: kept by the server, whatever the cookie says (ASVS 5.0, 7.3). */
export function endedBy(record: SessionRecord, now: number): "idle" | "absolute" | undefined {
  if (now >= record.absoluteExpiresAt) return "absolute";
  return now >= record.idleExpiresAt ? "idle" : undefined;
}

/** Reports a refused cookie. @returns Whether it was the first of its kind for a while. */
export function refuse(
  core: Core,
  request: RequestView,
  reason: TokenRefusal,
  handle?: string,
): boolean {
  const foreign = reason === "forged" && isLoopbackHost(request.header("host"));
  const note = foreign
    ? "another application here uses the cookie name; set policy.cookieName"
    : undefined;
  return core.flood.refused({ reason, address: request.address, handle, note });
}
