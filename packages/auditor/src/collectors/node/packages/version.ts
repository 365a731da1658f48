/**
 * Comparison of version numbers, by their leading numbers alone.
 * @module
 */

/** Whether a version is at least another; `undefined` if it is not known. */
export function isAtLeast(version: string | undefined, least: string): boolean | undefined {
  if (version === undefined || !/^\d/.test(version)) return undefined;
  const [left, right] = [version, least].map((one) => one.split(/[.+-]/).map(Number));
  for (let at = 0; at < 3; at += 1) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (Number.isNaN(difference)) return undefined;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** What a manifest asks for, without its operator; `undefined` for tags, links and wildcards. */
export function wantedVersion(range: string): string | undefined {
  const version = /^(?:npm:[^@]+@|workspace:)?[~^=v<>\s]*(\d+(?:\.\d+)*(?:[-+][\w.]+)?)/.exec(
    range,
  )?.[1];
  return version;
}
