/**
 * Sessions for Web `Request` and `Response`: fetch handlers on any runtime.
 * @module
 */
import { SessionError, SessionRefusal } from "../errors.ts";
import type { Exchange, Session, Sessions } from "../sessions.ts";
import { isSafeMethod } from "../sessions.ts";
import type { AdapterOptions, AnsweredRequest, HeadChange, PlainAnswer } from "./adapter.ts";
import {
  answerInstead,
  exchangeSlot,
  failureAnswer,
  forgedAnswer,
  isMounted,
  noSession,
  withCookie,
} from "./adapter.ts";
import { copyOfForm, DEFAULT_FORM_BYTES } from "./web-form.ts";

export { safeReturnPath } from "./adapter.ts";

export interface WebOptions extends AdapterOptions {
  /** Paths that have sessions, by whole segments; others never touch the store. @default all */
  readonly paths?: readonly string[];
  /** The client's address, as your platform tells it: a Web request has none. */
  readonly address?: (request: Request) => string | undefined;
  /** Told what the handler threw; the client gets a plain 500, and its new cookie if it has one. @default console.error */
  readonly onError?: (error: unknown, request: Request) => void;
}

export type WebHandler = (request: Request) => Response | Promise<Response>;

export interface WebSessions<Data extends object, Level extends string> {
  /** Wraps a fetch handler. */
  handle(handler: WebHandler): (request: Request) => Promise<Response>;
  /** The session of a request inside a wrapped handler. @throws {SessionError} HOLDFAST_NO_SESSION */
  session(request: Request): Session<Data, Level>;
  /**
   * Refuses an unsafe request that has no good anti-forgery token, in the header or in its form: reads a
   * copy, so that the handler can still read the body. Needs `csrf`.
   *
   * @param maxBytes Longest form that is looked at, in bytes; of a longer one the header counts. @default 1048576
   * @throws {SessionRefusal} `csrf`, `not-signed-in`; the adapter answers it if the handler does not.
   * @see ASVS 5.0, 3.5.1; CWE-352
   */
  verifyForm(request: Request, maxBytes?: number): Promise<void>;
  /** Reads the session where no cookie can be set. @throws {SessionError} HOLDFAST_STORE */
  read(request: Request): Promise<Session<Data, Level>>;
}

export function webSessions<Data extends object, Level extends string>(
  sessions: Sessions<Data, Level>,
  options: WebOptions = {},
): WebSessions<Data, Level> {
  const { onError = (error) => console.error(error) } = options;
  const open = exchangeSlot<Data, Level>();

  const settle = async (
    exchange: Exchange<Data, Level>,
    view: AnsweredRequest,
    response: Response,
    thrown: unknown,
  ): Promise<Response> => {
    const change = await exchange.settle({
      cacheControl: response.headers.get("cache-control") ?? undefined,
      contentType: response.headers.get("content-type") ?? undefined,
      failed: thrown !== undefined,
    });
    const isOurs = thrown instanceof SessionRefusal || thrown instanceof SessionError;
    const unanswered = isOurs ? thrown : undefined;
    const instead = answerInstead(view, change, unanswered, options);
    if (instead !== undefined) await response.body?.cancel();
    // Our own answers say themselves that nobody may keep them.
    return instead === undefined
      ? withHead(response, change)
      : withHead(plainResponse(instead), { ...change, cacheControl: undefined });
  };

  const session = (request: Request): Session<Data, Level> => {
    const exchange = open.get(request);
    if (exchange === undefined) throw noSession("wrap the handler in handle(), or widen `paths`");
    return exchange.session;
  };

  return {
    handle: (handler) => async (request) => {
      const view = webView(request, options);
      if (!isMounted(view.target, options.paths)) return handler(request);
      if (sessions.isForged(view)) return plainResponse(forgedAnswer(view, options));
      let exchange: Exchange<Data, Level>;
      try {
        exchange = await sessions.open(view);
      } catch (error) {
        if (!(error instanceof SessionError)) throw error;
        return plainResponse(failureAnswer(view, options, error, "load"));
      }
      open.set(request, exchange);
      let response: Response;
      try {
        response = await handler(request);
      } catch (error) {
        if (!(error instanceof SessionRefusal)) onError(error, request);
        const thrown = error ?? new Error("the handler threw nothing");
        return settle(exchange, view, new Response(null, { status: 500 }), thrown);
      }
      return settle(exchange, view, response, undefined);
    },
    session,
    async verifyForm(request, maxBytes = DEFAULT_FORM_BYTES) {
      const own = session(request);
      const form = isSafeMethod(request.method) ? undefined : await copyOfForm(request, maxBytes);
      own.verifyCsrf(form);
    },
    read: (request) => sessions.read(webView(request, options)),
  };
}

function webView(request: Request, { crossSite = false, address }: WebOptions): AnsweredRequest {
  const { headers, method } = request;
  const url = new URL(request.url);
  return {
    method,
    target: url.pathname + url.search,
    cookies: headers.get("cookie") ?? undefined,
    address: address?.(request),
    // A proxy may have ended TLS: only https is sure.
    scheme: url.protocol === "https:" ? "https" : undefined,
    crossSite,
    header: (name) => headers.get(name) ?? (name === "host" ? url.host : undefined),
  };
}

/** The response with the head that the commit asks for; a copy, since a fetched one cannot be changed. */
function withHead(response: Response, change: HeadChange): Response {
  const { setCookies, cacheControl, varies, clearSiteData } = change;
  const isPlain = setCookies.length === 0 && cacheControl === undefined;
  if (isPlain && !varies && clearSiteData === undefined) return response;
  const headers = new Headers(response.headers);
  for (const cookie of setCookies) headers.append("Set-Cookie", cookie);
  if (cacheControl !== undefined) headers.set("Cache-Control", cacheControl);
  if (clearSiteData !== undefined) headers.set("Clear-Site-Data", clearSiteData);
  if (varies) headers.set("Vary", withCookie(headers.get("vary") ?? undefined));
  const { status, statusText, body } = response;
  return new Response(body, { status, statusText, headers });
}

function plainResponse({ status, headers, body }: PlainAnswer): Response {
  return new Response(body === "" ? null : body, { status, headers: { ...headers } });
}
