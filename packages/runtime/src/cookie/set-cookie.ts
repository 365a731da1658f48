/**
 * Writes `Set-Cookie` values for the session cookies, strictly: nothing that a browser would refuse.
 * @module
 */

/** Everything about a session cookie but its value. Made once, at start-up. */
export interface CookieForm {
  readonly name: string;
  /** Attributes in the order sent, from `; Path=/` on. */
  readonly attributes: string;
}

export interface CookieAttributes {
  readonly secure: boolean;
  readonly sameSite: "Lax" | "Strict" | "None";
  readonly partitioned: boolean;
  /** Widens the cookie to a domain and its subdomains. */
  readonly domain?: string | undefined;
}

/** @see RFC 6265bis 4.1.2, 4.1.3 (`__Host-`); CHIPS (`Partitioned`) */
export function cookieForm(name: string, attributes: CookieAttributes): CookieForm {
  const { secure, sameSite, partitioned, domain } = attributes;
  return {
    name,
    attributes: [
      "; Path=/",
      domain === undefined ? "" : `; Domain=${domain}`,
      secure ? "; Secure" : "",
      "; HttpOnly",
      `; SameSite=${sameSite}`,
      partitioned ? "; Partitioned" : "",
    ].join(""),
  };
}

/** @param maxAgeSeconds Lifetime of a persistent cookie; absent for one that ends with the browser session. */
export function setCookie(form: CookieForm, value: string, maxAgeSeconds?: number): string {
  const maxAge = maxAgeSeconds === undefined ? "" : `; Max-Age=${maxAgeSeconds}`;
  return `${form.name}=${value}${form.attributes}${maxAge}`;
}

/** Same name, path and domain as the cookie it removes: browsers ignore any other. */
export function expireCookie(form: CookieForm): string {
  return `${form.name}=${form.attributes}; Max-Age=0`;
}
