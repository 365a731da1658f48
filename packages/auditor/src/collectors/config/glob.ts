/**
 * Symfony's patterns for imported files: `*` and `?` within a folder, `**` over folders, `{a,b}` either. Matches in
 * linear time, whatever the pattern.
 * @module
 */

/** More alternatives than this name nothing that anybody wrote. */
const MAX_ALTERNATIVES = 64;

export function globMatcher(pattern: string): (path: string) => boolean {
  const patterns = expandBraces(pattern).map((each) => each.split("/"));
  return (path) => {
    const parts = path.split("/");
    return patterns.some((each) => matchesFolders(each, parts));
  };
}

function expandBraces(pattern: string): string[] {
  let patterns = [pattern];
  for (let again = true; again; ) {
    again = false;
    patterns = patterns.flatMap((each) => {
      const match = /\{([^{}]*)\}/.exec(each);
      if (match === null) return [each];
      again = true;
      const before = each.slice(0, match.index);
      const after = each.slice(match.index + match[0].length);
      return (match[1] ?? "").split(",").map((choice) => before + choice + after);
    });
    if (patterns.length > MAX_ALTERNATIVES) return [];
  }
  return patterns;
}

function matchesFolders(pattern: readonly string[], parts: readonly string[]): boolean {
  return matchesWith(pattern, parts, (each) => each === "**", matchesName);
}

function matchesName(pattern: string, name: string): boolean {
  return matchesWith(
    [...pattern],
    [...name],
    (each) => each === "*",
    (each, character) => each === "?" || each === character,
  );
}

/** Two pointers, and a step back to the last star alone: no more work than pattern times text. */
function matchesWith(
  pattern: readonly string[],
  text: readonly string[],
  isStar: (each: string) => boolean,
  matches: (each: string, item: string) => boolean,
): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < text.length; ) {
    const each = pattern[at];
    if (each !== undefined && isStar(each)) {
      star = at;
      resume = index;
      at += 1;
    } else if (each !== undefined && matches(each, text[index] as string)) {
      at += 1;
      index += 1;
    } else if (star !== -1) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every(isStar);
}
