/**
 * Where to go on after a sign-in. Whoever made the link wrote the value: only a path of this site is
 * followed.
 * @module
 */

/** Stands for whatever host this site has; a value that leaves it is refused. */
const HERE = "http://this-site.invalid";

/** Longer ones than any address bar of ours makes. */
const LONGEST = 2048;

/**
 * The path to go on to, from a `?return=` that anybody may have written.
 *
 * @param value As the query has it: at most 2048 printable ASCII characters that begin with one slash.
 * @returns Path and query, without a fragment, or `fallback` for what is no path of this site.
 * @see CWE-601 (open redirect); ASVS 5.0, 3.7.2
 * @example
 * await s.signIn("user-42", { level: "password" });
 * res.redirect(303, safeReturnPath(req.query["return"]));
 */
export function safeReturnPath(value: unknown, fallback = "/"): string {
  // One slash: `//other.example` and `/\other.example` name another host. Printable ASCII only: browsers
  // drop tabs and line ends before they look, so `/<tab>/other.example` is such a name too.
  if (typeof value !== "string" || value.length > LONGEST) return fallback;
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(value) || !URL.canParse(value, HERE)) {
    return fallback;
  }
  const { origin, pathname, search } = new URL(value, HERE);
  // `/..//other.example` becomes `//other.example` once the dots are resolved, and `/%2fother.example`
  // does where something on the way decodes it once too often.
  const isHere = origin === HERE && !/^\/(\/|%2f|%5c)/i.test(pathname);
  return isHere ? pathname + search : fallback;
}
