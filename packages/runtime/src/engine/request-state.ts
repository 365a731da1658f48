/**
 * What the engine knows of one request's session while the handler runs, and how its boxes are opened:
 * only when something in them is asked for.
 * @module
 */
import type { CookieForm } from "../cookie/set-cookie.ts";
import type { BoxFault } from "../crypto/box.ts";
import type { TokenSeries } from "../crypto/token.ts";
import { type SessionError, SessionRefusal } from "../errors.ts";
import type { SessionRecord, StoreKey } from "../stores/store.ts";
import { openData, openMeta } from "./boxes.ts";
import type { Change, DataRules } from "./changes.ts";
import type { Core } from "./core.ts";
import type { Presented } from "./load.ts";
import { refuse } from "./load.ts";
import type { Meta } from "./meta.ts";
import { isSafeMethod, type RequestView } from "./request-view.ts";
import type { Contents } from "./values.ts";
import { EMPTY } from "./values.ts";

/**
 * `none`: anonymous, without a record. `served`: {@link RequestState.live} is there. `superseded`: the
 * cookie was replaced a moment ago. `tombstone`: the anonymous session was signed in from.
 * `withheld`: anonymous, and writes are dropped. `ended`: by `signOut`, for good.
 */
export type Phase = "none" | "served" | "superseded" | "tombstone" | "withheld" | "ended";

/** The session that a request works on. Replaced as a whole by every write. */
export interface LiveSession {
  readonly kind: "signed-in" | "anonymous";
  readonly key: StoreKey;
  readonly series: TokenSeries;
  /** The secret that this request presented, or was given since. */
  readonly secret: Buffer;
  readonly secretHash: Buffer;
  readonly record: SessionRecord;
}

/** Why writes of a request go nowhere. */
export type Withheld = "refused" | "key-missing";

export interface RequestState {
  readonly core: Core;
  readonly request: RequestView;
  readonly rules: DataRules;
  /** Reads only: never confirms, renews, rotates or writes. */
  readonly readOnly: boolean;
  phase: Phase;
  withheld: Withheld | undefined;
  /** What the request's cookie led to, whatever became of it since. */
  presented: Presented | undefined;
  live: LiveSession | undefined;
  /** Changes not yet committed. */
  log: Change[];
  /** The commit under way: the next one begins from what it leaves. */
  committing: Promise<void> | undefined;
  /** A commit whose outcome is not known: committing its changes again could apply them twice. */
  doubt: SessionError | undefined;
  /** Contents with `log` applied, and the text of the stored contents they began from. */
  contents: Contents | undefined;
  storedText: string | undefined;
  meta: Meta | undefined;
  /** The handler has looked at the session. */
  touched: boolean;
  /** The handler was told who is signed in. */
  exposed: boolean;
  /** What a method of the session threw at the handler, in case nobody answers it. */
  raised: SessionRefusal | SessionError | undefined;
  /** The session that a remembered browser came back to with this request. */
  resumed: LiveSession | undefined;
  /** The head is out: the token can no longer change. */
  headSent: boolean;
  /** Pending `Set-Cookie` values by cookie. */
  readonly cookies: Map<CookieForm, string>;
  clearSiteData: boolean;
  /** An unsafe request that has not shown its anti-forgery token yet. */
  unverified: boolean;
  /** Store key of a session to end at the commit, and why. */
  toEnd: { readonly key: StoreKey; readonly handle: string } | undefined;
}

export function newRequestState(core: Core, request: RequestView, readOnly: boolean): RequestState {
  const { codec, schema, policy } = core.options;
  return {
    core,
    request,
    rules: { codec, schema, maxDataBytes: policy.maxDataBytes },
    readOnly,
    phase: "none",
    withheld: undefined,
    presented: undefined,
    live: undefined,
    log: [],
    committing: undefined,
    doubt: undefined,
    contents: undefined,
    storedText: undefined,
    meta: undefined,
    touched: false,
    exposed: false,
    raised: undefined,
    resumed: undefined,
    headSent: false,
    cookies: new Map(),
    clearSiteData: false,
    unverified:
      core.csrf !== undefined && request.crossSite !== true && !isSafeMethod(request.method),
    toEnd: undefined,
  };
}

/** Throws, and remembers it, so that the adapter can answer where nobody else does. */
export function raise(state: RequestState, error: SessionRefusal | SessionError): never {
  state.raised = error;
  throw error;
}

/** Who the session is signed in as; an empty answer for an anonymous one. */
export function metaOf(state: RequestState): Meta {
  if (state.phase !== "served" || state.live === undefined) return {};
  if (state.meta === undefined) {
    const { key, record } = state.live;
    const meta = openMeta(state.core, key, record);
    if (typeof meta === "string") {
      withhold(state, meta);
      return {};
    }
    state.meta = meta;
  }
  state.exposed ||= state.meta.subject !== undefined;
  return state.meta;
}

/** The session's data with this request's changes. */
export function contentsOf(state: RequestState): Contents {
  if (state.contents !== undefined) return state.contents;
  if (state.phase !== "served" || state.live === undefined) {
    state.contents = EMPTY;
    return EMPTY;
  }
  const { key, series, record } = state.live;
  const opened = openData(state.core, key, series, record);
  if (typeof opened === "string") {
    withhold(state, opened);
    return contentsOf(state);
  }
  state.contents = opened.contents;
  state.storedText = opened.text;
  return opened.contents;
}

/**
 * A box did not open: the request goes on as anonymous and writes nothing, unless the handler already
 * knows it as somebody's: then going on would mix two identities.
 */
function withhold(state: RequestState, fault: BoxFault): void {
  const { core, request, live } = state;
  const handle = live?.record.handle;
  refuse(core, request, fault, handle);
  if (fault === "key-revoked" && live !== undefined) {
    state.toEnd = { key: live.key, handle: live.record.handle };
  }
  state.phase = "withheld";
  state.withheld = fault === "key-missing" ? "key-missing" : "refused";
  state.live = undefined;
  state.meta = undefined;
  state.contents = undefined;
  state.log = [];
  if (state.exposed) raise(state, new SessionRefusal(fault === "tampered" ? "tampered" : "ended"));
}

/** Goes on with another record, after a write or a conflict. */
export function becomeLive(state: RequestState, live: LiveSession): void {
  state.phase = "served";
  state.live = live;
}
