/**
 * What the engine may know of a request: the same few things for every framework.
 * @module
 */
import type { RequestFacts } from "../options.ts";

/** A request as an adapter shows it to the engine. Nothing of it is believed but what the adapter vouches for. */
export interface RequestView extends RequestFacts {
  /** The `Cookie` header; several joined by `; `. */
  readonly cookies: string | undefined;
  /** The client's address, by the adapter's own rule about proxies. */
  readonly address: string | undefined;
  /** Scheme that the browser used; `undefined` where a proxy may have ended TLS. */
  readonly scheme: "http" | "https" | undefined;
  /** The adapter was told that other sites may send requests here. */
  readonly crossSite?: boolean;
}

/** Where a request came from, as a meta box keeps it for the devices page. */
export function originOf(request: RequestView): {
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
} {
  return { address: request.address, userAgent: request.header("user-agent")?.slice(0, 300) };
}

/** @see RFC 9110 9.2.1 */
export function isSafeMethod(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "TRACE";
}

/** Whether a browser fetches a page that the user has not asked for yet. */
export function isPrefetch(request: RequestFacts): boolean {
  const purpose = request.header("sec-purpose") ?? request.header("purpose");
  return purpose?.includes("prefetch") === true || request.header("x-moz") === "prefetch";
}

/** Whether a request shows that the user is there; only such a request puts off the idle deadline. */
export function isActive(
  request: RequestFacts,
  isActivity: ((request: RequestFacts) => boolean) | undefined,
): boolean {
  return !isPrefetch(request) && (isActivity?.(request) ?? true);
}

/** Requests whose answer is no place for a new secret: it may be dropped, or come much later. */
export function keepsSecret(request: RequestFacts): boolean {
  return (
    request.method === "HEAD" ||
    request.header("upgrade") !== undefined ||
    request.header("accept")?.includes("text/event-stream") === true ||
    isPrefetch(request)
  );
}

/** Whether a `Host` header names this machine. @see RFC 6761 6.3 */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, "").toLowerCase() ?? "";
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    name === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}
