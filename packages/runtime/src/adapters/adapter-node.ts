/**
 * What the adapters over Node's own request and response objects share.
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { SessionError, type SessionRefusal } from "../errors.ts";
import type { Exchange, Sessions } from "../sessions.ts";
import type { AdapterOptions, AnsweredRequest, HeadChange, PlainAnswer } from "./adapter.ts";
import { answerInstead, failureAnswer, forgedAnswer } from "./adapter.ts";
import type { HeadDecision } from "./adapter-node-response.ts";

/** Opens the exchange, or answers in its place. Waits only if the store makes it. */
export function openNode<Data extends object, Level extends string>(
  sessions: Sessions<Data, Level>,
  view: AnsweredRequest,
  response: ServerResponse,
  options: AdapterOptions,
): Exchange<Data, Level> | undefined | Promise<Exchange<Data, Level> | undefined> {
  if (sessions.isForged(view)) {
    send(response, forgedAnswer(view, options));
    return undefined;
  }
  const failed = (error: unknown): undefined => {
    if (!(error instanceof SessionError)) throw error;
    send(response, failureAnswer(view, options, error, "load"));
  };
  try {
    const opened = sessions.open(view);
    return opened instanceof Promise ? opened.catch(failed) : opened;
  } catch (error) {
    return failed(error);
  }
}

/** How the handler ended, as far as the adapter saw. */
export interface Ending {
  /** It threw: what it changed last is not saved. */
  readonly failed: boolean;
  /** What the session threw and nobody answered. */
  readonly unanswered: SessionRefusal | SessionError | undefined;
}

/** Commits, and decides what goes out. */
export function decideNode<Data extends object, Level extends string>(
  exchange: Exchange<Data, Level>,
  view: AnsweredRequest,
  response: ServerResponse,
  { failed, unanswered }: Ending,
  options: AdapterOptions,
): HeadDecision | Promise<HeadDecision> {
  const settled = exchange.settle({
    cacheControl: headerText(response.getHeader("cache-control")),
    contentType: headerText(response.getHeader("content-type")),
    failed,
  });
  const decide = (change: HeadChange): HeadDecision => ({
    change,
    instead: answerInstead(view, change, unanswered, options),
  });
  return settled instanceof Promise ? settled.then(decide) : decide(settled);
}

/** A Node request as the engine sees it. */
export function nodeView(
  request: IncomingMessage,
  address: string | undefined,
  { crossSite = false }: AdapterOptions,
): AnsweredRequest {
  const { headers } = request;
  return {
    method: request.method ?? "GET",
    target: (request as { originalUrl?: string }).originalUrl ?? request.url ?? "/",
    cookies: headers.cookie,
    address,
    // Without TLS of our own, a proxy may have ended it: then the scheme is not known.
    scheme: (request.socket as { encrypted?: boolean }).encrypted === true ? "https" : undefined,
    crossSite,
    header: (name) => headerText(headers[name]),
  };
}

/** A header as one text. */
export function headerText(
  value: number | string | readonly string[] | undefined,
): string | undefined {
  return value === undefined
    ? undefined
    : typeof value === "string"
      ? value
      : [value].flat().join(", ");
}

function send(response: ServerResponse, { status, headers, body }: PlainAnswer): void {
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}
