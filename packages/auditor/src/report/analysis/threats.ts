/**
 * The threat model: for each threat how the attack goes in this application, which controls stand against
 * it, which of them fail, and what is left.
 * @module
 */
import type { Control, Judgement, Threat } from "../../controls/control.ts";
import type { Evidence } from "../../evidence.ts";
import type { ThreatAnalysis } from "../report.ts";
import { listText } from "../wording.ts";
import type { Attack } from "./attack.ts";
import { fixation, hijacking, manInTheMiddle, requestForgery } from "./attacks-from-outside.ts";
import { abuse, guessing, replay, storeTheft } from "./attacks-on-the-server.ts";

interface ThreatDefinition {
  readonly threat: Threat;
  readonly title: string;
  readonly describe: (evidence: Evidence) => Attack;
}

const THREATS: readonly ThreatDefinition[] = [
  { threat: "hijacking", title: "Session hijacking", describe: hijacking },
  { threat: "fixation", title: "Session fixation", describe: fixation },
  {
    threat: "cross-site-request-forgery",
    title: "Cross-site request forgery",
    describe: requestForgery,
  },
  { threat: "man-in-the-middle", title: "Man in the middle", describe: manInTheMiddle },
  { threat: "replay-after-sign-out", title: "Use after sign-out", describe: replay },
  { threat: "theft-from-the-store", title: "Theft from the store", describe: storeTheft },
  { threat: "guessing", title: "Guessing and forging", describe: guessing },
  { threat: "undetected-abuse", title: "Undetected abuse", describe: abuse },
];

export const THREAT_TITLES: Readonly<Record<Threat, string>> = Object.fromEntries(
  THREATS.map(({ threat, title }) => [threat, title]),
) as Record<Threat, string>;

export function threatsOf(
  evidence: Evidence,
  judgements: readonly { readonly control: Control; readonly judgement: Judgement }[],
): ThreatAnalysis[] {
  if (evidence.sessions.length === 0) return [];
  return THREATS.map(({ threat, title, describe }) => {
    const idsOf = (verdict: Judgement["verdict"]) =>
      judgements
        .filter(({ control }) => control.threats.includes(threat))
        .filter(({ judgement }) => judgement.verdict === verdict)
        .map(({ control }) => control.id);
    const { attack, residual } = describe(evidence);
    return {
      threat,
      title,
      attack,
      against: idsOf("pass"),
      missing: idsOf("fail"),
      residual: joined(unsettled(idsOf("review")), residual),
    };
  });
}

function unsettled(ids: readonly string[]): string {
  if (ids.length === 0) return "";
  return `Not settled by the source: ${listText(ids)}.`;
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
