/**
 * Whom the forms of a response are made for, and which of them a later request may send.
 * @module
 */
import { openMeta } from "../engine/boxes.ts";
import type { Meta } from "../engine/meta.ts";
import { metaOf, type RequestState } from "../engine/request-state.ts";
import type { FormHolder, FormToken } from "./csrf-token.ts";
import type { Visitors } from "./csrf-visitor.ts";

/** A session that the request's cookie belongs to. */
interface HeldSession {
  readonly kind: "signed-in" | "anonymous";
  readonly handle: string;
  readonly meta: Meta;
}

/** The session that is served, or `undefined`. */
function servedSession(state: RequestState): HeldSession | undefined {
  const meta = metaOf(state); // First: a box that does not open ends the serving.
  const { live, phase } = state;
  if (phase !== "served" || live === undefined) return undefined;
  return { kind: live.kind, handle: live.record.handle, meta };
}

/**
 * The session that is served, or the one whose cookie was replaced a moment ago: a sign-in form that is
 * sent twice, and a sign-out from another tab, come with such a cookie.
 */
function heldSession(state: RequestState): HeldSession | undefined {
  const served = servedSession(state);
  if (served !== undefined) return served;
  const { core, phase, presented } = state;
  if (presented === undefined || (phase !== "superseded" && phase !== "tombstone"))
    return undefined;
  const { kind, key, record } = presented;
  const meta = openMeta(core, key, record);
  return { kind, handle: record.handle, meta: typeof meta === "object" ? meta : {} };
}

export function isSignedIn(state: RequestState): boolean {
  return heldSession(state)?.kind === "signed-in";
}

/** @throws {SessionError} As {@link Visitors.idFor} does. */
export function holderOf(state: RequestState, visitors: Visitors, trusted: boolean): FormHolder {
  const session = servedSession(state);
  if (session === undefined) return { kind: "visitor", name: visitors.idFor(state, trusted) };
  const { kind, handle, meta } = session;
  return { kind, name: handle, device: meta.series?.handle };
}

/** Whether this browser was given the token, in this session or in one that led to it. */
export function accepts(state: RequestState, token: FormToken, visitors: Visitors): boolean {
  const session = heldSession(state);
  // Without the prefix, a sibling host can plant a cookie of its own, and knows the tokens that go with it.
  const isOwnCookie = visitors.cookieName.startsWith("__Host-");

  if (token.kind === "visitor") {
    const isSure = isOwnCookie || session?.kind !== "signed-in";
    const visitor = isSure ? visitors.find(state.request.cookies) : undefined;
    return visitor !== undefined && token.isFor(visitor.id);
  }
  if (session === undefined) return false;
  const { handle, meta } = session;
  if (token.isFor(handle)) return true;
  // The session may have ended while the form was open: the same device began the next one.
  if (meta.series !== undefined && token.isOfDevice(meta.series.handle)) return true;
  // The form was open in another tab while the user signed in.
  const { from } = meta;
  return from !== undefined && (isOwnCookie || token.kind === "signed-in") && token.isFor(from);
}
