/**
 * The floor under passphrases. It refuses what falls at once to whoever has the file; it cannot tell a
 * random phrase from one out of a book.
 * @module
 */

/** @see NIST SP 800-63B 5.1.1.2 (length and a list of what is common, no rules of composition) */
const LEAST_CHARACTERS = 20;
const LEAST_DIFFERENT = 10;
const MOST_CHARACTERS = 1000;

/** What people take when they are asked for something long. Taken out before the rest is counted. */
const COMMON =
  /correct horse battery staple|pass(word|phrase|wort)|changeme|holdfast|letmein|secret|qwert[yz]\w*|asdf\w*|abcdef\w*|0?123456\d*|iloveyou|welcome|admin|default|example/g;

/** What to do about it. */
const ADVICE = "take six random words, or what `openssl rand -base64 24` prints";

/** What is wrong with a passphrase, as the end of a sentence that begins with its name; `undefined` if nothing is. */
export function passphraseFault(passphrase: string): string | undefined {
  if (passphrase.trim() === "") return `is empty; is an environment variable missing?`;
  if (passphrase.trim() !== passphrase) {
    return "begins or ends with white space, as text read from a file may; take it off with trim()";
  }
  if (passphrase.length > MOST_CHARACTERS) return `is longer than ${MOST_CHARACTERS} characters`;
  const rest = [...withoutRepeats(passphrase.toLowerCase().replace(COMMON, ""))];
  if (rest.length < LEAST_CHARACTERS) {
    return `needs at least ${LEAST_CHARACTERS} characters beside repeated and common ones; ${ADVICE}`;
  }
  return new Set(rest).size < LEAST_DIFFERENT
    ? `needs at least ${LEAST_DIFFERENT} different characters; ${ADVICE}`
    : undefined;
}

/** `aaaa` counts as `a`, `onetwoonetwo` as `onetwo`. */
function withoutRepeats(text: string): string {
  return text.replace(/(.{1,64}?)\1+/gsu, "$1");
}
