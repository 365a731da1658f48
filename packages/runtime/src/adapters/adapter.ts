/**
 * What every adapter shares: its options, and the plain answers to refusals and failures.
 * An adapter owns when the commit happens; it knows no store and no key.
 * @module
 */
import { type RefusalReason, SessionError, SessionRefusal } from "../errors.ts";
import type { Exchange, HeadChange, RequestView } from "../sessions.ts";
import { isSafeMethod } from "../sessions.ts";
import { safeReturnPath } from "./adapter-return-path.ts";

export type { HeadChange, RequestView, ResponseHead } from "../sessions.ts";
export { safeReturnPath } from "./adapter-return-path.ts";

/** Options that every adapter takes. */
export interface AdapterOptions {
  /**
   * Other sites may send unsafe requests here: for an OAuth `form_post` callback or a webhook, which
   * must prove itself by a `state` or a signature of its own. @default false
   */
  readonly crossSite?: boolean;
  /**
   * Path of the page where users sign in again. Navigations that need it are sent there, with
   * `?return=` and where they were; without it, and for other requests, the answer is 401 or 403.
   */
  readonly reauthenticate?: string;
  /** The same for visitors who are not signed in at all. @default the page of `reauthenticate` */
  readonly signIn?: string;
  /** Renders the pages that the adapter answers by itself, in the look of the application. */
  readonly page?: (content: PageContent) => string;
}

/** What a page of the adapter's own must say. */
export interface PageContent {
  readonly status: number;
  /** One or two sentences for the user. Plain text of ours: nothing of the request is in it. */
  readonly message: string;
  /** The page should load itself again after a second: `<meta http-equiv="refresh" content="1">`. */
  readonly refresh: boolean;
  /** The same address may be asked for again: a link with `href=""` does it. */
  readonly retry: boolean;
}

/** A response of ours, in place of the handler's. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request, and where it was going. */
export interface AnsweredRequest extends RequestView {
  /** Path and query as requested. */
  readonly target: string;
}

export function forgedAnswer(request: AnsweredRequest, options: AdapterOptions): PlainAnswer {
  const message = "Another site sent this request, so it was refused.";
  return answer(request, options, 403, message, { Vary: "Sec-Fetch-Site, Origin" });
}

/** 503 while the store is away: going on without it would let revoked sessions in (ASVS 5.0, 16.5.3). */
export function failureAnswer(
  request: AnsweredRequest,
  options: AdapterOptions,
  error: SessionError,
  during: "load" | "commit",
): PlainAnswer {
  const { status } = error;
  if (status !== 503) return answer(request, options, status, "The session could not be saved.");
  // An unsafe request may have had its effect: a client must not repeat it by itself.
  const mayRepeat = during === "load" || isSafeMethod(request.method);
  const text = "Sessions are not available at the moment. Try again shortly.";
  return answer(request, options, status, text, mayRepeat ? { "Retry-After": "5" } : {});
}

function refusalAnswer(
  request: AnsweredRequest,
  options: AdapterOptions,
  refusal: SessionRefusal,
): PlainAnswer {
  const { reason, status, headers, message } = refusal;
  const page = signInPage(reason, options);
  if (page !== undefined && wantsPage(request)) {
    const back = pageOf(request);
    const query = back === undefined ? "" : `?return=${encodeURIComponent(back)}`;
    return { status: 303, headers: { ...NO_STORE, Location: page + query }, body: "" };
  }
  const refresh = reason === "superseded" && mayRefresh(request);
  return answer(request, options, status, message, headers, refresh);
}

/** Where the user was: the page that was asked for, or the one whose form was sent. */
function pageOf(request: AnsweredRequest): string | undefined {
  if (isSafeMethod(request.method)) return request.target;
  const referrer = request.header("referer");
  if (referrer === undefined || !URL.canParse(referrer)) return undefined;
  const { host, pathname, search } = new URL(referrer);
  if (host !== request.header("host")?.toLowerCase()) return undefined;
  return safeReturnPath(pathname + search, "") || undefined;
}

/** The page that helps against a refusal, if there is one. */
function signInPage(
  reason: RefusalReason,
  { reauthenticate, signIn = reauthenticate }: AdapterOptions,
): string | undefined {
  if (reason === "not-signed-in") return signIn;
  return reason === "not-fresh" || reason === "level-too-low" ? reauthenticate : undefined;
}

const NO_STORE = { "Cache-Control": "no-store" } as const;

function answer(
  request: AnsweredRequest,
  { page = plainPage }: AdapterOptions,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  refresh = false,
): PlainAnswer {
  if (!wantsPage(request)) {
    // RFC 9457. The text is ours alone: nothing of the request is repeated in it.
    const body = JSON.stringify({ type: "about:blank", status, title: message });
    const type = { "Content-Type": "application/problem+json" };
    return { status, headers: { ...NO_STORE, ...type, ...headers }, body };
  }
  const body = page({ status, message, refresh, retry: isSafeMethod(request.method) });
  const type = { "Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "same-origin" };
  return { status, headers: { ...NO_STORE, ...type, ...headers }, body };
}

function plainPage({ status, message, refresh, retry }: PageContent): string {
  const meta = refresh ? '<meta http-equiv="refresh" content="1">' : "";
  const link = retry ? '<p><a href="">Try again</a></p>' : "";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${meta}<title>${status}</title></head><body><p>${message}</p>${link}</body></html>\n`;
}

/** Whether the answer will be shown as a page. */
function wantsPage(request: RequestView): boolean {
  const mode = request.header("sec-fetch-mode");
  if (mode !== undefined) return mode === "navigate";
  return request.header("accept")?.includes("text/html") === true;
}

/** A page that refreshed itself comes with its own address as referrer: it does so once. */
function mayRefresh(request: AnsweredRequest): boolean {
  if (!isSafeMethod(request.method)) return false;
  const referrer = request.header("referer");
  if (referrer === undefined || !URL.canParse(referrer)) return true;
  const { pathname, search } = new URL(referrer);
  return pathname + search !== request.target;
}

/** What goes out instead of the handler's response: the commit failed, or nobody answered what the session threw. */
export function answerInstead(
  request: AnsweredRequest,
  { failure }: HeadChange,
  unanswered: SessionRefusal | SessionError | undefined,
  options: AdapterOptions,
): PlainAnswer | undefined {
  if (unanswered instanceof SessionRefusal && failure === undefined) {
    return refusalAnswer(request, options, unanswered);
  }
  const error = failure ?? unanswered;
  const isFailure = error instanceof SessionError;
  return isFailure ? failureAnswer(request, options, error, "commit") : undefined;
}

/** Where an adapter finds the exchange of a request again. */
export interface ExchangeSlot<Data extends object, Level extends string> {
  get(request: object): Exchange<Data, Level> | undefined;
  set(request: object, exchange: Exchange<Data, Level>): void;
}

/** Keeps exchanges on the requests themselves, under a name of their own: they go with the request. */
export function exchangeSlot<Data extends object, Level extends string>(): ExchangeSlot<
  Data,
  Level
> {
  const slot = Symbol("holdfast");
  type Slotted = { [slot]?: Exchange<Data, Level> };
  return {
    get: (request) => (request as Slotted)[slot],
    set(request, exchange) {
      (request as Slotted)[slot] = exchange;
    },
  };
}

/** Thrown by an accessor where the adapter did not run. */
export function noSession(hint: string): SessionError {
  const why = `This request has no session: ${hint}`;
  return new SessionError("HOLDFAST_NO_SESSION", why);
}

/** Whether a path lies in one of the mounted ones, by whole segments; everything does if there are none. */
export function isMounted(target: string, paths: readonly string[] | undefined): boolean {
  if (paths === undefined) return true;
  const [path = ""] = target.split(/[?#]/, 1);
  return paths.some((mount) => {
    const base = mount.endsWith("/") ? mount.slice(0, -1) : mount;
    return path === base || path.startsWith(`${base}/`);
  });
}

/** The `Vary` header with `Cookie` in it. */
export function withCookie(vary: number | string | readonly string[] | undefined): string {
  if (vary === undefined) return "Cookie";
  const text = [vary].flat().join(", ");
  return /(^|[\s,])(cookie|\*)([\s,]|$)/i.test(text) ? text : `${text}, Cookie`;
}
