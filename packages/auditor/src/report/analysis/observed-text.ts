/**
 * Observations in sentences.
 * @module
 */
import type { Evidence, Observation } from "../../evidence.ts";
import { listText, placeText, withoutStop } from "../wording.ts";

/** Equal observations are told once, with all of their places. */
export function observedText(seen: readonly Pick<Observation, "what" | "place">[]): string {
  const places = new Map<string, Set<string>>();
  for (const { what, place } of seen) {
    const sentence = withoutStop(what);
    places.set(sentence, (places.get(sentence) ?? new Set()).add(placeText(place)));
  }
  return [...places].map(([sentence, at]) => `${sentence} (${listText([...at])}).`).join(" ");
}

/** Faults that were observed on some topics. */
export function faultsOn(
  { observations }: Evidence,
  ...topics: readonly Observation["topic"][]
): string {
  return observedText(
    observations.filter(({ topic, kind }) => kind === "fault" && topics.includes(topic)),
  );
}
