/**
 * Makes text of the audited tree safe to show: nothing in a file or its name may steer a terminal,
 * or make a line read in another order than it is stored in.
 * @module
 */

/*
 * Controls (Cc), where escape sequences begin; format characters (Cf), which turn the direction of text
 * or hide in it (Trojan Source, CVE-2021-42574); and the two line ends that only some readers know.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** One line of text. Line ends are spaces; everything else unsafe is shown by its number. */
export function cleanLine(text: string): string {
  return text.replace(/[\t\r\n]+/g, " ").replace(UNSAFE, visible);
}

/** Several lines: keeps line feeds, and makes tabs spaces. */
export function cleanLines(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replaceAll("\t", "    ")
    .replace(UNSAFE, (character) => (character === "\n" ? character : visible(character)));
}

/** The same within JSON, where an escape means the character: readers get the text unchanged. */
export function cleanJson(json: string): string {
  return json.replace(UNSAFE, (characters) => {
    if (characters === "\n") return characters;
    return characters
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join("");
  });
}

function visible(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
