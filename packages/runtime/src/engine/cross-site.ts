/**
 * The first line against requests that other sites send: Fetch Metadata, then `Origin`.
 * @module
 */
import type { RequestView } from "./request-view.ts";
import { isSafeMethod } from "./request-view.ts";

/** Where a request comes from, as far as the browser says. */
export type RequestSite = "same-origin" | "user" | "same-site" | "cross-site" | "unknown";

/** @see W3C Fetch Metadata 2.3; ASVS 5.0, 3.5.1 and 3.5.3; CWE-352 */
export function siteOf(request: RequestView): RequestSite {
  const fetchSite = request.header("sec-fetch-site");
  if (fetchSite === "none") return "user";
  if (fetchSite === "same-origin" || fetchSite === "same-site") return fetchSite;
  if (fetchSite !== undefined) return "cross-site";

  const origin = request.header("origin");
  if (origin === undefined) return "unknown";
  return isOwnOrigin(origin, request) ? "same-origin" : "cross-site";
}

function isOwnOrigin(origin: string, request: RequestView): boolean {
  const host = request.header("host")?.toLowerCase();
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  if (request.scheme !== undefined && protocol !== `${request.scheme}:`) return false;
  // A browser leaves the default port out of both; a proxy may put it into Host.
  return originHost === host || `${originHost}:${protocol === "https:" ? 443 : 80}` === host;
}

/** Whether an unsafe request is refused before the session is looked at. */
export function isForged(request: RequestView, withoutOrigin: "serve" | "refuse"): boolean {
  if (isSafeMethod(request.method) || request.crossSite === true) return false;
  const site = siteOf(request);
  if (site === "unknown") return withoutOrigin === "refuse";
  return site === "same-site" || site === "cross-site";
}

/**
 * Whether this request may begin an anonymous session. A page of another site must not be able to fill
 * the store or to set a cookie here, except by sending the user here.
 */
export function mayMint(request: RequestView): boolean {
  switch (siteOf(request)) {
    case "same-origin":
    case "user":
      return true;
    case "unknown":
      return true; // No browser: neither header means that no page sent it.
    case "same-site":
    case "cross-site":
      return (
        isSafeMethod(request.method) &&
        (request.header("sec-fetch-site") === undefined ||
          (request.header("sec-fetch-mode") === "navigate" &&
            request.header("sec-fetch-dest") === "document"))
      );
  }
}
