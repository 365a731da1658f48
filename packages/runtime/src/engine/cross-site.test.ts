/** Where a request comes from: every header a browser, or somebody else, may send. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isForged, mayMint, siteOf } from "./cross-site.ts";
import { isLoopbackHost, isPrefetch, keepsSecret, type RequestView } from "./request-view.ts";

function requestOf(
  headers: Readonly<Record<string, string>>,
  init: Partial<RequestView> = {},
): RequestView {
  return {
    method: "POST",
    cookies: undefined,
    address: undefined,
    scheme: undefined,
    header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
    ...init,
  };
}

const headerValue = fc.oneof(
  fc.constantFrom(
    "same-origin",
    "same-site",
    "cross-site",
    "none",
    "null",
    "navigate",
    "document",
    "https://shop.test",
    "shop.test",
    "",
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.webUrl(),
);
const headers = fc.dictionary(
  fc.constantFrom("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "origin", "host"),
  headerValue,
);

describe("siteOf", () => {
  it("never throws, and trusts three words of Fetch Metadata alone", () => {
    fc.assert(
      fc.property(headers, (given) => {
        const site = siteOf(requestOf(given));
        const word = given["sec-fetch-site"];
        if (word === undefined) return;
        const trusted = { none: "user", "same-origin": "same-origin", "same-site": "same-site" };
        expect(site).toBe(
          Object.hasOwn(trusted, word) ? trusted[word as keyof typeof trusted] : "cross-site",
        );
      }),
    );
  });

  it("takes an Origin for ours only if host, port and, where known, scheme are", () => {
    const host = fc.domain();
    const port = fc.option(fc.integer({ min: 1, max: 65_535 }));
    const scheme = fc.constantFrom("http", "https");
    fc.assert(
      fc.property(
        host,
        port,
        scheme,
        host,
        port,
        scheme,
        (name, at, as, other, otherAt, otherAs) => {
          const standard = { http: 80, https: 443 };
          const authority = (h: string, p: number | null) => (p === null ? h : `${h}:${p}`);
          const request = requestOf(
            { host: authority(name, at), origin: `${otherAs}://${authority(other, otherAt)}` },
            { scheme: as as "http" | "https" },
          );
          const effective = (p: number | null, s: string) => p ?? standard[s as "http" | "https"];
          const isOwn =
            as === otherAs &&
            name.toLowerCase() === other.toLowerCase() &&
            effective(at, as) === effective(otherAt, otherAs);
          // A default port that only Host spells out is read too; never the other way round.
          if (siteOf(request) === "same-origin") expect(isOwn).toBe(true);
          if (isOwn && at === otherAt && at === null) expect(siteOf(request)).toBe("same-origin");
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("isForged and mayMint", () => {
  it("agree that another site's unsafe request does nothing", () => {
    fc.assert(
      fc.property(headers, fc.constantFrom("POST", "PUT", "DELETE", "get"), (given, method) => {
        const request = requestOf(given, { method });
        const site = siteOf(request);
        const isForeign = site === "cross-site" || site === "same-site";
        expect(isForged(request, "serve")).toBe(isForeign);
        expect(isForged(request, "refuse")).toBe(isForeign || site === "unknown");
        if (isForeign) expect(mayMint(request)).toBe(false);
      }),
    );
  });
});

describe("request facts", () => {
  it("know a prefetch by any browser's word for it", () => {
    for (const given of [
      { "sec-purpose": "prefetch" },
      { "sec-purpose": "prefetch;prerender" },
      { purpose: "prefetch" },
      { "x-moz": "prefetch" },
    ]) {
      expect(isPrefetch(requestOf(given))).toBe(true);
      expect(keepsSecret(requestOf(given))).toBe(true);
    }
    expect(isPrefetch(requestOf({ "sec-purpose": "other" }))).toBe(false);
    expect(keepsSecret(requestOf({}))).toBe(false);
    expect(keepsSecret(requestOf({}, { method: "HEAD" }))).toBe(true);
    expect(keepsSecret(requestOf({ upgrade: "websocket" }))).toBe(true);
    expect(keepsSecret(requestOf({ accept: "text/event-stream" }))).toBe(true);
  });

  it("know this machine by name and by address, and no name that only looks like it", () => {
    for (const host of [
      "localhost",
      "localhost:3000",
      "app.localhost",
      "127.0.0.1:1",
      "127.1.2.3",
      "[::1]:8",
    ]) {
      expect(isLoopbackHost(host), host).toBe(true);
    }
    for (const host of [
      undefined,
      "",
      "localhost.evil.test",
      "notlocalhost",
      "127.0.0.1.evil.test",
      "128.0.0.1",
    ]) {
      expect(isLoopbackHost(host), host).toBe(false);
    }
  });
});
