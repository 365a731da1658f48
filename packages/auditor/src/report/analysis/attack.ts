/**
 * What attacks of the threat model are made of.
 * @module
 */
import { duration } from "../../controls/duration.ts";
import type { SessionEvidence } from "../../evidence.ts";

/** How an attack goes in this application, and what is left where every control holds. */
export interface Attack {
  readonly attack: string;
  readonly residual: string;
}

/** How long a copied cookie stays good. */
export function lifeOfCopy(sessions: readonly SessionEvidence[]): string {
  const lives = valuesOf(sessions, ({ idle }) =>
    idle.keptBy === "nobody" || idle.keptBy === "garbage-collection" ? "never" : idle.seconds.value,
  );
  if (lives.includes("never")) return "No timeout takes a copy away from a thief.";
  const longest = Math.max(...lives.map(Number));
  return lives.length === 0
    ? ""
    : `A copy stays good as long as no more than ${duration(longest)} pass between two uses.`;
}

/** Known values of one field, each once. */
export function valuesOf<T>(
  sessions: readonly SessionEvidence[],
  pick: (session: SessionEvidence) => T | undefined,
): T[] {
  return [...new Set(sessions.map(pick))].filter((value) => value !== undefined);
}

/** Sentences, without those that are left out. */
export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
