/**
 * What is wrong with PHP's session settings beside their values: settings that are gone, ids in URLs, caching.
 * @module
 */
import type { Observation, Place, Setting } from "../../evidence.ts";

/** A setting as it was written somewhere. */
interface Written {
  readonly key: string;
  readonly place: Place;
}

/** Gone since PHP 7.1: `ini_set` returns false, and php.ini's line is not read. */
const GONE: ReadonlySet<string> = new Set([
  "entropy_file",
  "entropy_length",
  "hash_bits_per_character",
  "hash_function",
]);

export function deadSettings(
  php: string | undefined,
  written: readonly Written[],
): readonly Observation[] {
  const [major = 8, minor = 0] = (php ?? "8.0").split(".").map(Number);
  if (major < 7 || (major === 7 && minor < 1)) return [];
  return written
    .filter(({ key }) => GONE.has(key))
    .map(({ key, place }) => ({
      topic: "dead-setting",
      place,
      kind: "fault",
      what: `The setting session.${key} was removed in PHP 7.1: this line does nothing.`,
      remedy: "Remove it; ids come from the system's random generator with 128 bits by default.",
    }));
}

export function urlObservations(
  onlyCookies: Setting<boolean>,
  transSid: Setting<boolean>,
): readonly Observation[] {
  const observations: Observation[] = [];
  if (onlyCookies.value === false && onlyCookies.origin.kind === "set") {
    observations.push({
      topic: "id-in-url",
      place: onlyCookies.origin.place,
      kind: "fault",
      what: "The setting session.use_only_cookies is off: PHP takes a session id from the URL.",
      remedy: "Leave session.use_only_cookies at its default, 1.",
    });
  }
  if (transSid.value === true && transSid.origin.kind === "set") {
    observations.push({
      topic: "id-in-url",
      place: transSid.origin.place,
      kind: "fault",
      what: "The setting session.use_trans_sid is on: PHP writes the session id into links.",
      remedy: "Leave session.use_trans_sid at its default, 0.",
    });
  }
  return observations;
}

export function cacheObservations(limiter: Setting<string>): readonly Observation[] {
  if (limiter.origin.kind !== "set" || limiter.value === undefined) return [];
  if (!["public", "private", "private_no_expire", ""].includes(limiter.value)) return [];
  const isShared = limiter.value === "public";
  return [
    {
      topic: "session-caching",
      place: limiter.origin.place,
      kind: isShared ? "fault" : "doubt",
      what: isShared
        ? "The setting session.cache_limiter is public: shared caches may keep pages made for one person."
        : `The setting session.cache_limiter is "${limiter.value}": PHP no longer forbids keeping pages made for one person.`,
      remedy:
        "Leave session.cache_limiter at its default, nocache, which sends Cache-Control: no-store.",
    },
  ];
}
