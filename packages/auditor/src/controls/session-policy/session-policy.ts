/**
 * How long sessions live, and how many there may be, is written down with reasons, and is what happens.
 * @module
 */
import type { Evidence, PolicyEvidence, PolicyValue, Setting } from "../../evidence.ts";
import type { Control, Judgement } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { duration } from "../duration.ts";
import { type Case, NO_SESSIONS, notApplicable, seenAt, worst } from "../judging.ts";

/** What differs by more is another policy. */
const TOLERANCE = 0.1;
/** AAL2 of NIST SP 800-63B-4, 2.2.3: longer times need a reason. */
const LONGEST_IDLE_SECONDS = 3600;
const LONGEST_SECONDS = 86_400;

const SUMMARIES = {
  pass: "The session policy is written down, and the code keeps to it.",
  fail: "No session policy is written down that the code could be compared with.",
  review: "Whether the code keeps to the session policy has to be looked at by hand.",
};
const DIFFERS = "The session policy and the code say different things.";

export const sessionPolicy: Control = defineControl({
  id: "session-policy",
  title: "A session policy is written down, and the code keeps to it",
  failureTitle: "No session policy is written down that the code keeps to",
  severity: "low",
  covers: ["SM-25"],
  threats: ["hijacking", "undetected-abuse"],
  effort: "hours",
  verification:
    "Measure the idle timeout, the longest lifetime and the number of sessions on the running site: each must be what the policy says, within a tenth.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    if (evidence.stack === "holdfast" && evidence.policy === undefined) return byHoldfast(evidence);
    return evidence.policy === undefined ? nothing(evidence) : compared(evidence, evidence.policy);
  },
});

/** Its options are a policy that machines read; only the reasons are missing, and its own defaults need none. */
function byHoldfast({ sessions }: Evidence): Judgement {
  return {
    verdict: "pass",
    confidence: "high",
    summary: `The policy stands in the options of ${sessions[0]?.library}, which keeps to it.`,
    findings: [],
  };
}

function nothing(evidence: Evidence): Judgement {
  const [session] = evidence.sessions;
  const idle = session?.idle.seconds;
  const place = session?.place ?? evidence.place;
  const known = typeof idle?.value === "number" ? idle.value : 1800;
  return {
    verdict: "fail",
    confidence: "medium",
    summary: SUMMARIES.fail,
    findings: [
      {
        place,
        value: "none",
        origin: { kind: "unknown", why: "The repository keeps no session-policy.json.", place },
        message:
          "Nobody can tell a timeout that was chosen from one that came about, and nothing notices when it changes.",
        fix: {
          text: "Write down what is decided beside the manifest, with a reason for whatever is longer than NIST's AAL2; from then on this control compares it with the code.",
          file:
            evidence.root === "." ? "session-policy.json" : `${evidence.root}/session-policy.json`,
          code: JSON.stringify(
            {
              idleTimeoutSeconds: known,
              absoluteTimeoutSeconds: 43_200,
              maximumSessionsPerAccount: 5,
              ...(known > LONGEST_IDLE_SECONDS
                ? { reasons: { idleTimeoutSeconds: "why it has to be so long" } }
                : {}),
            },
            undefined,
            2,
          ),
        },
      },
    ],
  };
}

function compared(evidence: Evidence, policy: PolicyEvidence): Judgement {
  const cases = [
    ...policy.faults.map((message) => faultCase(policy, message)),
    ...missing(policy, evidence),
    ...unreasoned(policy.idleSeconds, LONGEST_IDLE_SECONDS, "idleTimeoutSeconds"),
    ...unreasoned(policy.absoluteSeconds, LONGEST_SECONDS, "absoluteTimeoutSeconds"),
    ...evidence.sessions.flatMap(({ idle }) => idleCases(policy.idleSeconds, idle.seconds)),
    ...absoluteCases(evidence, policy),
  ];
  if (cases.length > 0) return worst(cases, { ...SUMMARIES, fail: DIFFERS });
  return { verdict: "pass", confidence: "medium", summary: SUMMARIES.pass, findings: [] };
}

function faultCase({ place }: PolicyEvidence, message: string): Case {
  return failed(place, "not usable", message, "Write it as the control's page shows.");
}

function missing(policy: PolicyEvidence, evidence: Evidence): Case[] {
  const needed: readonly (readonly [string, unknown])[] = [
    ["idleTimeoutSeconds", policy.idleSeconds],
    ["absoluteTimeoutSeconds", policy.absoluteSeconds],
    ["maximumSessionsPerAccount", policy.maximumSessions],
    // Where somebody else signs people in, what ends with what is part of the policy.
    ...(evidence.privilegeChanges.some(({ kind }) => kind === "single-sign-on")
      ? [["federation", policy.federation] as const]
      : []),
  ];
  // A key that is wrong has been named already.
  if (policy.faults.length > 0) return [];
  return needed
    .filter(([, value]) => value === undefined)
    .map(([key]) =>
      failed(
        policy.place,
        "not said",
        `The policy does not say "${key}".`,
        `Decide "${key}" and write it down.`,
      ),
    );
}

function unreasoned(
  decided: PolicyValue<number> | undefined,
  longest: number,
  key: string,
): Case[] {
  if (decided === undefined || decided.value <= longest || decided.reason !== undefined) return [];
  const message = `It is longer than the ${duration(longest)} of NIST's AAL2, and the policy does not say why.`;
  const text = `Shorten it, or write the reason under "reasons", "${key}".`;
  return [failed(decided.place, duration(decided.value), message, text)];
}

function idleCases(
  decided: PolicyValue<number> | undefined,
  { value, origin }: Setting<number | "never">,
): Case[] {
  if (decided === undefined) return [];
  const place = origin.place ?? decided.place;
  if (value === undefined) {
    const message = `The policy says ${duration(decided.value)}; what the code does could not be followed.`;
    return [{ verdict: "review", finding: { place, value: "not known", origin, message } }];
  }
  if (value !== "never" && Math.abs(value - decided.value) <= TOLERANCE * decided.value) return [];
  const words = value === "never" ? "never ends" : duration(value);
  return [
    {
      verdict: "fail",
      finding: {
        place,
        value: words,
        origin,
        message: `The policy says that an unused session ends after ${duration(decided.value)}.`,
        fix: {
          text: "Make the code do what the policy says, or change the policy and its reason.",
        },
      },
    },
  ];
}

/** Whether anything ends a session that is used is another control's; here it must not be denied. */
function absoluteCases(evidence: Evidence, policy: PolicyEvidence): Case[] {
  const decided = policy.absoluteSeconds;
  const denied = evidence.observations.find(
    ({ topic, kind }) => topic === "absolute-timeout" && kind === "fault",
  );
  if (decided === undefined || denied === undefined) return [];
  const message = `The policy says that every session ends after ${duration(decided.value)}; in the code nothing ends one that is used.`;
  return [failed(denied.place, "never ends", message, denied.remedy ?? "End it in the code.")];
}

function failed(
  place: Case["finding"]["place"],
  value: string,
  message: string,
  text: string,
): Case {
  return {
    verdict: "fail",
    finding: { place, value, origin: seenAt(place), message, fix: { text } },
  };
}
