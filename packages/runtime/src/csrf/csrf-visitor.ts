/**
 * The cookie that ties the forms of a visitor without a session to one browser. It costs no store: the
 * server only checks that it made it.
 * @module
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { cookieValues } from "../cookie/cookie-header.ts";
import { type CookieForm, setCookie } from "../cookie/set-cookie.ts";
import type { Keyring } from "../crypto/keyring.ts";
import type { Core } from "../engine/core.ts";
import { mayMint } from "../engine/cross-site.ts";
import type { RequestState } from "../engine/request-state.ts";
import { SessionError } from "../errors.ts";
import { csrfHead, csrfMac, keysOf } from "./csrf-token.ts";

/*
 * Value, format 1; 33 bytes, 44 characters of base64url:
 *   0       format (high 4 bits), key number (low 4 bits)
 *   1–16    id, 128 random bits
 *   17–32   HMAC-SHA-256 over purpose and cookie name, each after its length, and bytes 0–16; first 16 bytes
 */
const ID_AT = 1;
const MAC_AT = 17;
const VALUE_TEXT = /^[A-Za-z0-9_-]{44}$/;

/** A browser that this server gave a cookie. */
export interface Visitor {
  readonly id: string;
  /** The cookie is under a key that will be removed. */
  readonly isOutdated: boolean;
}

export interface Visitors {
  readonly cookieName: string;
  /** Who sent the request; nobody where two cookies are good, of which one must be planted. */
  find(cookies: string | undefined): Visitor | undefined;
  /**
   * The id that forms of this response are bound to.
   *
   * @param trusted The request comes from an origin that was named.
   * @throws {SessionError} HOLDFAST_HEAD_SENT, HOLDFAST_NO_SESSION where the cookie can no longer be set.
   */
  idFor(state: RequestState, trusted: boolean): string;
}

export function createVisitors({ options }: Core): Visitors {
  const { keyring, signedInCookie } = options;
  const form: CookieForm = { ...signedInCookie, name: `${signedInCookie.name}-csrf` };
  // What a response gives to a visitor, should it have several forms.
  const given = new WeakMap<RequestState, string>();

  const find = (cookies: string | undefined): Visitor | undefined => {
    const read = cookieValues(cookies, form.name).map((value) =>
      readVisitor(value, keyring, form.name),
    );
    const good = read.filter((visitor) => visitor !== undefined);
    return good.length === 1 ? good[0] : undefined;
  };

  return {
    cookieName: form.name,
    find,
    idFor(state, trusted) {
      const visitor = find(state.request.cookies);
      const id = visitor?.id ?? given.get(state) ?? randomBytes(16).toString("base64url");
      const isWanted = visitor?.isOutdated !== false;
      // A page of another site must not be able to replace the cookie under a form that is open here.
      const isAllowed = trusted || mayMint(state.request);
      if (!isWanted || !isAllowed || state.cookies.has(form)) return id;
      if (state.headSent || state.readOnly) {
        if (visitor !== undefined) return id;
        throw cannotSet(state);
      }
      given.set(state, id);
      state.cookies.set(form, setCookie(form, writeVisitor(id, keyring, form.name)));
      return id;
    },
  };
}

/** @returns The visitor, or `undefined` if no key of the ring made the value. Never throws. */
function readVisitor(value: string, keyring: Keyring, cookieName: string): Visitor | undefined {
  if (!VALUE_TEXT.test(value)) return undefined;
  const bytes = Buffer.from(value, "base64url");
  const keys = keysOf(bytes[0] as number, keyring);
  if (keys === undefined) return undefined;
  const mac = csrfMac("visitor", bytes.subarray(0, MAC_AT), keys, cookieName);
  if (!timingSafeEqual(mac, bytes.subarray(MAC_AT))) return undefined;
  const id = bytes.toString("base64url", ID_AT, MAC_AT);
  return { id, isOutdated: keys.state === "old" };
}

function writeVisitor(id: string, { current }: Keyring, cookieName: string): string {
  const content = Buffer.concat([Buffer.of(csrfHead(current)), Buffer.from(id, "base64url")]);
  const mac = csrfMac("visitor", content, current, cookieName);
  return Buffer.concat([content, mac]).toString("base64url");
}

function cannotSet({ headSent }: RequestState): SessionError {
  return headSent
    ? new SessionError(
        "HOLDFAST_HEAD_SENT",
        "The response head is out, and the visitor's form needs a cookie; call csrfToken() before it",
      )
    : new SessionError(
        "HOLDFAST_NO_SESSION",
        "This session was opened by read(), and the visitor's form needs a cookie; call csrfToken() behind the adapter",
      );
}
