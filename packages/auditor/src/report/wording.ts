/**
 * How places, origins, durations and lists read in a sentence. Knows no control.
 * @module
 */
import type { Origin, Place, Setting } from "../evidence.ts";
import type { Severity, Verdict } from "./report.ts";

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];

/** In the order in which a reader cares. */
export const VERDICTS: readonly Verdict[] = ["fail", "review", "pass", "not-applicable"];

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  fail: "fails",
  review: "to review",
  pass: "passes",
  "not-applicable": "not applicable",
};

/** Origin of what stands at the finding's own place. */
export const WRITTEN_HERE = "written here";

/** `config/packages/framework.yaml:12` */
export function placeText({ file, line }: Pick<Place, "file" | "line">): string {
  return `${file}:${line}`;
}

/** Where a value comes from, in words that end a sentence. */
export function originText(origin: Origin, here?: Place): string {
  switch (origin.kind) {
    case "set":
      return here !== undefined && isSame(origin.place, here)
        ? WRITTEN_HERE
        : `set in ${placeText(origin.place)}`;
    case "default":
      return `default of ${origin.of}, since nothing sets it`;
    case "platform":
      return `default of ${origin.of}, since nothing in the repository sets it`;
    case "environment":
      return `decided at deployment by the variable ${origin.name}, which the repository gives no value (${placeText(origin.place)})`;
    case "unknown":
      return `not known: ${origin.why}`;
  }
}

function isSame(left: Place, right: Place): boolean {
  return left.file === right.file && left.line === right.line;
}

/** A sentence on a setting: what is in effect and why. `""` for `say` leaves the sentence out. */
export function settingText<T>(
  setting: Setting<T>,
  topic: string,
  say: (value: T) => string,
): string {
  const { value, origin, written, withoutEffect } = setting;
  const how = origin.kind === "set" ? "written as" : "namely";
  const spelt = written === undefined ? "" : `, ${how} \`${written.replaceAll("`", "'")}\``;
  const sentence =
    value === undefined
      ? `${topic} cannot be told from the repository: ${unknownText(origin)}.`
      : `${say(value)} (${originText(origin)}${spelt}).`;
  if (withoutEffect === undefined) return sentence;
  return `${sentence} What ${placeText(withoutEffect.place)} sets has no effect: ${withoutStop(withoutEffect.why)}.`;
}

function unknownText(origin: Origin): string {
  return origin.kind === "unknown" ? withoutStop(origin.why) : originText(origin);
}

/** Sentences that others wrote, to be put inside of one. */
export function withoutStop(sentence: string): string {
  return sentence.trim().replace(/[.;:]+$/, "");
}

/** Sentences that others wrote, to stand beside others. */
export function withStop(sentence: string): string {
  const text = sentence.trim();
  return text === "" || /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Words that begin a sentence in capitals for no other reason; a name keeps its own. */
const PLAIN = /^(?:An?|Every|It|No|Nobody|Nothing|Only|Some|The|There|This|What)\b/;

/** A sentence of others' after a colon of ours. */
export function afterColon(sentence: string): string {
  const text = withoutStop(sentence);
  return PLAIN.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `a`, `a and b`, `a, b and c`; what is beyond `limit` is counted. */
export function listText(parts: readonly string[], limit = 6): string {
  const shown = parts.length > limit ? parts.slice(0, limit - 1) : [...parts];
  if (shown.length < parts.length) shown.push(`${parts.length - shown.length} more`);
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** `1 file`, `3 files`. */
export function countText(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
