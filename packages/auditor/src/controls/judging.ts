/**
 * What controls have in common: judging each way of keeping sessions, and what is not known.
 * @module
 */
import type {
  Evidence,
  Observation,
  ObservationTopic,
  Origin,
  Place,
  SessionEvidence,
  Setting,
} from "../evidence.ts";
import type { Confidence, Finding, Fix, Judgement, Verdict } from "./control.ts";
import { sentence } from "./sentence.ts";

/** One case of several that make up a judgement. */
export interface Case {
  readonly verdict: Verdict;
  readonly finding: Finding;
  readonly confidence?: Confidence;
}

export const NO_SESSIONS = "The application keeps no sessions.";

export function notApplicable(summary: string): Judgement {
  return { verdict: "not-applicable", confidence: "high", summary, findings: [] };
}

const RANK: readonly Verdict[] = ["fail", "review", "pass", "not-applicable"];
const CONFIDENCE: readonly Confidence[] = ["low", "medium", "high"];

/** The worst case decides; the findings are those of its verdict. */
export function worst(
  cases: readonly Case[],
  summaries: Readonly<Record<"pass" | "fail" | "review", string>>,
): Judgement {
  const verdict = RANK.find((candidate) => cases.some((found) => found.verdict === candidate));
  if (verdict === undefined || verdict === "not-applicable") {
    return notApplicable(cases[0]?.finding.message ?? NO_SESSIONS);
  }
  const those = cases.filter((found) => found.verdict === verdict);
  const levels = those.map(({ confidence = "high" }) => CONFIDENCE.indexOf(confidence));
  return {
    verdict,
    confidence: CONFIDENCE[verdict === "fail" ? Math.max(...levels) : Math.min(...levels)] ?? "low",
    summary: summaries[verdict],
    findings: those.map(({ finding }) => finding),
  };
}

/** How one value of a setting is judged. */
export interface Opinion {
  readonly verdict: "pass" | "fail" | "review";
  /** The value in words. */
  readonly value: string;
  /** What follows, in one sentence. */
  readonly message: string;
  readonly fix?: Fix;
  readonly confidence?: Confidence;
}

/** Judges one setting of each way in which sessions are kept. */
export function judgeSetting<T>(
  evidence: Evidence,
  pick: (session: SessionEvidence) => Setting<T> | undefined,
  opinion: (value: T, session: SessionEvidence, setting: Setting<T>) => Opinion,
  summaries: Readonly<Record<"pass" | "fail" | "review", string>>,
  otherwise: string = NO_SESSIONS,
): Judgement {
  const cases: Case[] = [];
  for (const session of evidence.sessions) {
    const setting = pick(session);
    if (setting !== undefined) cases.push(settingCase(setting, session, opinion));
  }
  return cases.length === 0 ? notApplicable(otherwise) : worst(cases, summaries);
}

function settingCase<T>(
  setting: Setting<T>,
  session: SessionEvidence,
  opinion: (value: T, session: SessionEvidence, setting: Setting<T>) => Opinion,
): Case {
  const { origin, value } = setting;
  const place = origin.place ?? session.place;
  if (value === undefined) {
    const finding = {
      place,
      value: "not known",
      origin,
      message: `${sentence(unknownBecause(origin))} Look at it by hand.`,
    };
    return { verdict: "review", finding };
  }
  const { verdict, value: words, message, fix, confidence } = opinion(value, session, setting);
  const ignored = setting.withoutEffect;
  const finding: Finding = {
    place: ignored?.place ?? place,
    value: words,
    origin,
    message:
      ignored === undefined
        ? message
        : `${message} ${sentence(`What is written here has no effect: ${ignored.why}`)}`,
    ...(fix !== undefined && verdict !== "pass" ? { fix } : {}),
  };
  return { verdict, finding, ...(confidence === undefined ? {} : { confidence }) };
}

function unknownBecause(origin: Origin): string {
  if (origin.kind === "environment")
    return `The variable ${origin.name} decides, and the repository gives it no value`;
  return origin.kind === "unknown" ? origin.why : "The value could not be followed";
}

/** An origin for what was seen at a place. */
export function seenAt(place: Place): Origin {
  return { kind: "set", place };
}

/** Judges what was observed on a topic. */
export function judgeObservations(
  evidence: Evidence,
  topic: ObservationTopic,
  summaries: Readonly<Record<"pass" | "fail" | "review", string>>,
  /** The verdict where nothing was observed. */
  nothing: Judgement,
): Judgement {
  const seen = evidence.observations.filter((observation) => observation.topic === topic);
  return seen.length === 0 ? nothing : worst(seen.map(observedCase), summaries);
}

const VERDICT_OF = { fault: "fail", doubt: "review", good: "pass" } as const;

function observedCase({ kind, place, what, remedy, value, origin }: Observation): Case {
  const fix = remedy === undefined || kind === "good" ? {} : { fix: { text: remedy } };
  return {
    verdict: VERDICT_OF[kind],
    finding: {
      place,
      value: value ?? "seen in the source",
      origin: origin ?? seenAt(place),
      message: sentence(what),
      ...fix,
    },
  };
}
