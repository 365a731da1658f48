/**
 * Sessions for a plain `node:http` or `node:https` server.
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { SessionError, SessionRefusal } from "../errors.ts";
import type { Exchange, Session, Sessions } from "../sessions.ts";
import type { AdapterOptions, AnsweredRequest } from "./adapter.ts";
import { exchangeSlot, isMounted, noSession } from "./adapter.ts";
import type { Ending } from "./adapter-node.ts";
import { decideNode, headerText, nodeView, openNode } from "./adapter-node.ts";
import { hasBegun, holdHead } from "./adapter-node-response.ts";

export { safeReturnPath } from "./adapter.ts";

export interface NodeOptions extends AdapterOptions {
  /** Paths that have sessions, by whole segments; others never touch the store. @default all */
  readonly paths?: readonly string[];
  /**
   * Proxies of yours in front of the server: the client's address is the entry of `X-Forwarded-For`
   * that the outermost of them wrote. Nothing else is believed from headers. @default 0
   */
  readonly trustProxy?: number;
  /** Told what the handler threw; the client gets a plain 500. @default console.error */
  readonly onError?: (error: unknown, request: IncomingMessage) => void;
}

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface NodeSessions<Data extends object, Level extends string> {
  /** Wraps a handler; what it returns goes to `createServer`. */
  handle(handler: NodeHandler): (request: IncomingMessage, response: ServerResponse) => void;
  /** The session of a request inside a wrapped handler. @throws {SessionError} HOLDFAST_NO_SESSION */
  session(request: IncomingMessage): Session<Data, Level>;
  /** Reads the session of an upgrade, which can set no cookie. @throws {SessionError} HOLDFAST_STORE */
  read(request: IncomingMessage): Promise<Session<Data, Level>>;
}

export function nodeSessions<Data extends object, Level extends string>(
  sessions: Sessions<Data, Level>,
  options: NodeOptions = {},
): NodeSessions<Data, Level> {
  const { trustProxy = 0, paths, onError = (error) => console.error(error) } = options;
  const open = exchangeSlot<Data, Level>();
  const viewOf = (request: IncomingMessage) =>
    nodeView(request, clientAddress(request, trustProxy), options);

  /** Runs the handler behind an open exchange, or without one where there are no sessions. */
  const run = (
    handler: NodeHandler,
    request: IncomingMessage,
    response: ServerResponse,
    view?: AnsweredRequest,
    exchange?: Exchange<Data, Level>,
  ): void => {
    let ending: Ending = { failed: false, unanswered: undefined };
    if (view !== undefined && exchange !== undefined) {
      open.set(request, exchange);
      holdHead(response, (held) => decideNode(exchange, view, held, ending, options));
    }
    const failed = (error: unknown): void => {
      const isOurs = error instanceof SessionRefusal || error instanceof SessionError;
      ending = { failed: true, unanswered: isOurs ? error : undefined };
      if (!(error instanceof SessionRefusal)) onError(error, request);
      if (hasBegun(response)) {
        response.destroy();
        return;
      }
      response.statusCode = isOurs ? error.status : 500;
      response.setHeader("Content-Type", "text/plain; charset=utf-8");
      response.end("Internal Server Error\n");
    };
    try {
      const running = handler(request, response);
      // A handler may return any promise-like thing; one that returns nothing is not waited for.
      if (running !== undefined) Promise.resolve(running).catch(failed);
    } catch (error) {
      failed(error);
    }
  };

  const serve = (handler: NodeHandler, request: IncomingMessage, response: ServerResponse) => {
    if (!isMounted(request.url ?? "/", paths)) return run(handler, request, response);
    const view = viewOf(request);
    const opened = openNode(sessions, view, response, options);
    const go = (exchange: Exchange<Data, Level> | undefined) => {
      if (exchange !== undefined) run(handler, request, response, view, exchange);
    };
    if (!(opened instanceof Promise)) return go(opened);
    opened.then(go).catch((error: unknown) => {
      onError(error, request);
      response.destroy();
    });
  };

  return {
    handle: (handler) => (request, response) => serve(handler, request, response),
    session(request) {
      const exchange = open.get(request);
      if (exchange === undefined) throw noSession("wrap the handler in handle(), or widen `paths`");
      return exchange.session;
    },
    read: (request) => sessions.read(viewOf(request)),
  };
}

/** @param trustProxy How many proxies stand in front, each of which appended the address it saw. */
function clientAddress(request: IncomingMessage, trustProxy: number): string | undefined {
  const direct = request.socket.remoteAddress;
  if (trustProxy === 0) return direct;
  const forwarded = headerText(request.headers["x-forwarded-for"])?.split(",") ?? [];
  const hops = [...forwarded.map((hop) => hop.trim()).filter((hop) => hop !== ""), direct];
  return hops[Math.max(0, hops.length - 1 - trustProxy)];
}
