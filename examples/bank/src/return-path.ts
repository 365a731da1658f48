/**
 * Where to go on after a sign-in. The value comes from the address bar, so anybody may have written it:
 * only a path of this site is followed (CWE-601, open redirect).
 * @module
 */

/** Stands for whatever host this site has; a value that leaves it is refused. */
const HERE = "http://this-site.invalid";

/** @returns The path with its query, or `fallback` for anything that is no local path. */
export function returnPath(value: unknown, fallback: string): string {
  // One slash: `//other.example` and `/\other.example` name another host. Printable ASCII only: browsers
  // drop tabs and line ends before they look, so `/<tab>/other.example` is such a name too.
  if (typeof value !== "string" || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(value)) {
    return fallback;
  }
  if (!URL.canParse(value, HERE)) return fallback;
  const { origin, pathname, search } = new URL(value, HERE);
  // `/..//other.example` becomes `//other.example` once the dots are resolved.
  return origin === HERE && !pathname.startsWith("//") ? pathname + search : fallback;
}
