/**
 * Every error this package throws. `docs/reference/errors.md` is generated from the tables below.
 * @module
 */

/** The stable codes, and what each means to the person who sees it. */
export const sessionErrors = {
  HOLDFAST_OPTION:
    "One or more options are missing, unknown or out of range; all are listed. Thrown at start-up only.",
  HOLDFAST_KEYRING:
    "The keys cannot be used: the key file is missing, readable by others, malformed, a key is weak, or the key service does not open it.",
  HOLDFAST_STORE:
    "The store did not answer in time or failed (see `cause`); a write may still have happened.",
  HOLDFAST_STORE_FULL: "The bounded store holds its maximum of live sessions and takes no new one.",
  HOLDFAST_UNSUPPORTED:
    "The store lacks the trait that this call or policy needs; the trait is named.",
  HOLDFAST_DATA:
    "A session value cannot be stored: it is not plain JSON, fails the schema, or is too large.",
  HOLDFAST_ENDED: "The session object was used after signOut(); it cannot be written again.",
  HOLDFAST_HEAD_SENT:
    "The response head is out, so the session cookie can no longer change; do it before the response starts.",
  HOLDFAST_NO_SESSION:
    "The request did not pass through the adapter, or the session object is read-only; mount the adapter before the handler.",
} as const;

export type SessionErrorCode = keyof typeof sessionErrors;

/** Names, limits and handles that help a reader act. Never a token, a key, a subject or session data. */
export type SessionErrorDetails = Readonly<Record<string, string | number | readonly string[]>>;

/** Thrown for broken set-up and broken infrastructure; a bad token is a result, not an error. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  readonly code: SessionErrorCode;
  readonly details: SessionErrorDetails;
  /** HTTP status for a request that failed by it: 503 while the store is away, else 500. */
  readonly status: number;

  constructor(
    code: SessionErrorCode,
    message: string,
    details: SessionErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
    this.status = code === "HOLDFAST_STORE" || code === "HOLDFAST_STORE_FULL" ? 503 : 500;
  }
}

/** An option the caller must correct, named as the caller spelt it. */
export function optionError(option: string, rule: string): SessionError {
  return new SessionError("HOLDFAST_OPTION", `"${option}" ${rule}`, { option });
}

/** Why a session refuses what the handler asks for, the HTTP status that says so, and what helps. */
export const refusalReasons = {
  superseded: {
    status: 409,
    text: "This cookie was just replaced. Repeat the request.",
  },
  "not-signed-in": { status: 401, text: "Sign in first." },
  "not-fresh": { status: 403, text: "Sign in again to go on." },
  "level-too-low": { status: 403, text: "A stronger sign-in is needed." },
  "revoked-meanwhile": {
    status: 403,
    text: "The account's sessions were just ended. Sign in again.",
  },
  "limit-reached": { status: 403, text: "The account has too many sessions." },
  throttled: { status: 429, text: "Too many attempts. Wait a while and try again." },
  csrf: { status: 403, text: "This form is out of date. Reload the page and send it again." },
  ended: { status: 401, text: "This session has ended. Sign in again." },
  tampered: {
    status: 401,
    text: "This session failed its integrity check. Sign in again.",
  },
} as const;

export type RefusalReason = keyof typeof refusalReasons;

/**
 * The one thing a browser can cause to be thrown: the session declines what the handler asked for.
 * Adapters answer it with `status` and `headers`; a handler may catch it and answer itself.
 */
export class SessionRefusal extends Error {
  override readonly name = "SessionRefusal";
  readonly reason: RefusalReason;
  /** HTTP status that an adapter, or a framework's error handler, answers with. */
  readonly status: number;
  /** Read by Express's default error handler, among others. */
  readonly headers: Readonly<Record<string, string>>;

  /** @param retryAfterSeconds For `throttled`: when it is worth trying again. */
  constructor(reason: RefusalReason, retryAfterSeconds?: number) {
    super(refusalReasons[reason].text);
    this.reason = reason;
    this.status = refusalReasons[reason].status;
    const wait = reason === "superseded" ? 1 : retryAfterSeconds;
    this.headers = wait === undefined ? {} : { "Retry-After": `${wait}` };
  }
}
