/**
 * The second line against requests that other sites send: a token in every form, which no other site
 * can read. The first line, Fetch Metadata and `Origin`, is the engine's.
 * @module
 */

import type { Csrf } from "../companions.ts";
import { listFaults, listOf, matching, members, must, oneOf, optional } from "../crypto/readers.ts";
import type { Core } from "../engine/core.ts";
import { siteOf } from "../engine/cross-site.ts";
import { type RequestState, raise } from "../engine/request-state.ts";
import { isLoopbackHost, type RequestView } from "../engine/request-view.ts";
import { SessionError, SessionRefusal } from "../errors.ts";
import { accepts, holderOf, isSignedIn } from "./csrf-holder.ts";
import { type CsrfFault, refusalReporter } from "./csrf-refusals.ts";
import { readFormToken, writeFormToken } from "./csrf-token.ts";
import { createVisitors } from "./csrf-visitor.ts";

export type { Csrf } from "../companions.ts";

export interface CsrfOptions {
  /**
   * Which unsafe requests need a token: `always` all of them, `without-origin` those alone that have
   * neither `Sec-Fetch-Site` nor `Origin`, or come from a trusted origin. @default "always"
   */
  readonly require?: "always" | "without-origin";
  /** Header in which scripts send the token. @default "x-csrf-token" */
  readonly headerName?: string;
  /** Name of the form field that has it. @default "csrf_token" */
  readonly fieldName?: string;
  /**
   * Other origins of yours whose pages may send unsafe requests here, with a token: exactly as browsers
   * write them, https unless loopback. @default []
   */
  readonly trustedOrigins?: readonly string[];
}

const readOptions = members<CsrfOptions>({
  require: optional(oneOf(["always", "without-origin"] as const)),
  headerName: optional(
    matching(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, "1 to 64 letters, digits or -, a letter first"),
  ),
  fieldName: optional(matching(/^[\w.:-]{1,64}$/, "1 to 64 letters, digits or . : _ -")),
  trustedOrigins: optional(
    listOf(
      must<string>(
        "an origin as browsers write it, such as https://accounts.example.com, without a path",
        isTrustworthyOrigin,
      ),
    ),
  ),
});

/** Another host's pages over plain http are anybody's on the way. */
function isTrustworthyOrigin(value: unknown): boolean {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { origin, protocol, host } = new URL(value);
  // A pattern would be taken for a name, and match nothing.
  if (value !== origin || host.includes("*")) return false;
  return protocol === "https:" || (protocol === "http:" && isLoopbackHost(host));
}

/**
 * Asks unsafe requests for a token that only our own pages can have read.
 *
 * @throws {SessionError} HOLDFAST_OPTION, with every fault at once.
 * @see CWE-352; ASVS 5.0, 3.5.1; OWASP CSRF Prevention Cheat Sheet, Signed Double-Submit Cookie
 * @example
 * const sessions = createSessions({ keyring, store, csrf: csrf() });
 */
export function csrf(options: CsrfOptions = {}): Csrf {
  const faults: string[] = [];
  const {
    require = "always",
    headerName = "x-csrf-token",
    fieldName = "csrf_token",
    trustedOrigins = [],
  } = readOptions(options, "csrf", faults) ?? {};
  if (faults.length > 0) {
    throw new SessionError("HOLDFAST_OPTION", listFaults(faults), { faults });
  }
  const header = headerName.toLowerCase();
  const trusts = (request: RequestView) => trustedOrigins.includes(request.header("origin") ?? "");
  const isWanted = (request: RequestView) => {
    const site = siteOf(request);
    return require === "always" || (site !== "same-origin" && site !== "user");
  };

  return {
    attach(core: Core) {
      const visitors = createVisitors(core);
      const report = refusalReporter(core);
      const { keyring, signedInCookie } = core.options;

      const faultOf = (state: RequestState, text: string | undefined): CsrfFault | undefined => {
        if (!isWanted(state.request)) return undefined;
        if (text === undefined) return "missing";
        const token = readFormToken(text, keyring, signedInCookie.name);
        if (token === undefined) return "malformed";
        if (accepts(state, token, visitors)) return undefined;
        return token.kind === "signed-in" && !isSignedIn(state) ? "session-ended" : "other-session";
      };
      const judge = (state: RequestState, text: string | undefined): void => {
        const fault = faultOf(state, text);
        if (fault === undefined) {
          state.unverified = false;
          return;
        }
        report(state, fault);
        // The form was good when it was opened, and nobody is signed in since: signing in helps.
        raise(state, new SessionRefusal(fault === "session-ended" ? "not-signed-in" : "csrf"));
      };

      return {
        trusts,
        token(state: RequestState) {
          state.touched = true;
          const holder = holderOf(state, visitors, trusts(state.request));
          return writeFormToken(holder, keyring.current, signedInCookie.name);
        },
        check: (state: RequestState) => judge(state, state.request.header(header)),
        verify(state: RequestState, form) {
          if (!state.unverified) return;
          judge(state, tokenIn(form, fieldName) ?? state.request.header(header));
        },
      };
    },
  };
}

/** What stands for a field that is there twice, or is a file: no token. */
const NO_TOKEN = "";

/** The token in a text, a parsed form, `FormData` or `URLSearchParams`; never more than one. */
function tokenIn(form: string | object | null | undefined, field: string): string | undefined {
  if (form === undefined || form === null) return undefined;
  if (typeof form === "string") return form;
  const values =
    "getAll" in form && typeof form.getAll === "function" ? form.getAll(field) : own(form, field);
  const [value, ...more] = [values].flat() as unknown[];
  if (value === undefined) return undefined;
  return typeof value === "string" && more.length === 0 ? value : NO_TOKEN;
}

function own(form: object, field: string): unknown {
  return Object.hasOwn(form, field) ? (form as Record<string, unknown>)[field] : undefined;
}
