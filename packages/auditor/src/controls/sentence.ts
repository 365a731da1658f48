/**
 * Evidence in words, as a sentence of a report.
 * @module
 */

/** With a capital letter, unless it begins with code, and with a full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  const start = /^[a-z][a-z-]*(?=[\s,:])/.test(trimmed)
    ? trimmed.charAt(0).toUpperCase()
    : trimmed.charAt(0);
  return `${start}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? "" : "."}`;
}
