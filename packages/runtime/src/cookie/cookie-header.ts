/**
 * Reads the values of one name from a `Cookie` header, as a server must: every one of them, untouched.
 * @module
 */

/** More values of one name than this are not looked at: a browser sends one, an attacker plants one or two. */
export const MAX_VALUES = 4;

/**
 * @returns Distinct values of cookies with exactly this name, in the order sent, without surrounding
 *   quotes; at most {@link MAX_VALUES}.
 * @see RFC 6265 4.2.1; the order of two cookies of one name proves nothing (RFC 6265 4.2.2)
 */
export function cookieValues(header: string | undefined, name: string): readonly string[] {
  if (header === undefined) return NONE;
  let values: string[] | undefined;
  let at = header.indexOf(name);
  while (at !== -1) {
    const valueAt = at + name.length + 1;
    if (header[valueAt - 1] === "=" && startsPair(header, at)) {
      const end = header.indexOf(";", valueAt);
      const value = unquote(header.slice(valueAt, end === -1 ? undefined : end).trim());
      values ??= [];
      if (!values.includes(value)) values.push(value);
      if (values.length === MAX_VALUES) break;
    }
    at = header.indexOf(name, at + 1);
  }
  return values ?? NONE;
}

const NONE: readonly string[] = Object.freeze([]);

/** Whether a pair begins at this index: only blanks stand between it and the last `;` or the start. */
function startsPair(header: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && (header[before] === " " || header[before] === "\t")) before--;
  return before < 0 || header[before] === ";";
}

function unquote(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1)
    : value;
}
