/**
 * Sessions for Express 5, and anything else that takes `(request, response, next)` over Node's own objects.
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { SessionError, SessionRefusal } from "../errors.ts";
import type { Exchange, Session, Sessions } from "../sessions.ts";
import type { AdapterOptions } from "./adapter.ts";
import { exchangeSlot, noSession } from "./adapter.ts";
import { decideNode, nodeView, openNode } from "./adapter-node.ts";
import { holdHead } from "./adapter-node-response.ts";

export { safeReturnPath } from "./adapter.ts";

/** The part of Express's request that is used. `ip` follows the application's own `trust proxy` setting. */
export interface ExpressRequest extends IncomingMessage {
  readonly ip?: string | undefined;
  readonly originalUrl?: string;
  /** What the body parser made of the body. */
  readonly body?: unknown;
}

export type ExpressMiddleware = (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

export interface ExpressSessions<Data extends object, Level extends string> {
  /** For `app.use(middleware)`, or for one path. */
  readonly middleware: ExpressMiddleware;
  /**
   * For `app.use(verifyForm)` behind `middleware` and the body parser: refuses unsafe requests that have
   * no good anti-forgery token, in the header or in the parsed body. Needs `csrf`.
   *
   * @see ASVS 5.0, 3.5.1; CWE-352
   */
  readonly verifyForm: ExpressMiddleware;
  /** The session of a request behind the middleware. @throws {SessionError} HOLDFAST_NO_SESSION */
  session(request: IncomingMessage): Session<Data, Level>;
}

/**
 * Whether nobody answers what the session threw: the error's status goes out with nothing behind it, or
 * from Express's own last error handler. A page of the application's own is left as it is.
 */
function isUnanswered(
  response: ServerResponse,
  raised: SessionRefusal | SessionError | undefined,
): boolean {
  if (raised?.status !== response.statusCode) return false;
  const isLastResort =
    response.getHeader("content-security-policy") === "default-src 'none'" &&
    response.getHeader("x-content-type-options") === "nosniff";
  return isLastResort || response.getHeader("content-type") === undefined;
}

/** A response of this status means that the handler failed: what it changed last is not saved. */
const SERVER_ERROR = 500;

export function expressSessions<Data extends object, Level extends string>(
  sessions: Sessions<Data, Level>,
  options: AdapterOptions = {},
): ExpressSessions<Data, Level> {
  const open = exchangeSlot<Data, Level>();

  const mount = (
    request: ExpressRequest,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => {
    const view = nodeView(request, request.ip ?? request.socket.remoteAddress, options);
    const opened = openNode(sessions, view, response, options);
    const go = (exchange: Exchange<Data, Level> | undefined) => {
      if (exchange === undefined) return;
      open.set(request, exchange);
      // What a handler throws passes us by; its error page is all that there is to see.
      holdHead(response, (held) => {
        const failed = held.statusCode >= SERVER_ERROR;
        const unanswered = isUnanswered(held, exchange.raised) ? exchange.raised : undefined;
        return decideNode(exchange, view, held, { failed, unanswered }, options);
      });
      next();
    };
    if (opened instanceof Promise) opened.then(go).catch(next);
    else go(opened);
  };

  const session = (request: IncomingMessage): Session<Data, Level> => {
    const exchange = open.get(request);
    if (exchange === undefined) throw noSession("app.use(middleware) before this route");
    return exchange.session;
  };

  return {
    middleware(request, response, next) {
      // Mounted twice, the first one holds.
      if (open.get(request) === undefined) mount(request, response, next);
      else next();
    },
    verifyForm(request, _response, next) {
      const { body } = request;
      // Express gives what is thrown here to the error handlers.
      session(request).verifyCsrf(typeof body === "object" ? body : undefined);
      next();
    },
    session,
  };
}
