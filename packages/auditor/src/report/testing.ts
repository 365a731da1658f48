/**
 * Sample audits for tests: an application with faults of every kind, one that is sound, one without sessions.
 * @module
 */
import type { AuditResult } from "../audit.ts";
import type { Control, Judgement, Threat } from "../controls/control.ts";
import { buildReport } from "./build-report.ts";
import type { Report } from "./report.ts";
import {
  BUNDLE,
  emptyEvidence,
  FRAMEWORK,
  place,
  SIGN_IN,
  soundEvidence,
  weakEvidence,
} from "./testing-evidence.ts";

export const SAMPLE_TIME: Date = new Date("2026-03-01T12:00:00Z");

/** A control whose judgement a test chooses. */
export function control(
  id: string,
  severity: Control["severity"],
  threats: readonly Threat[],
  effort: Control["effort"] = "minutes",
): Control {
  return {
    id,
    title: `${id} is as it should be`,
    failureTitle: `${id} is not as it should be`,
    severity,
    covers: ["SM-01"],
    asvs: ["3.3.1"],
    wstg: ["WSTG-SESS-02"],
    cwe: [614],
    threats,
    verification: "Read the Set-Cookie header after signing in.",
    effort,
    judge: () => ({ verdict: "pass", confidence: "high", summary: "", findings: [] }),
  };
}

type Judged = AuditResult["applications"][number]["judgements"][number];

function pass(of: Control): Judged {
  return {
    control: of,
    judgement: { verdict: "pass", confidence: "high", summary: "It holds.", findings: [] },
  };
}

const secure = control("cookie-secure", "high", ["hijacking", "man-in-the-middle"]);
const rotation = control("regenerate-login", "critical", ["fixation"], "hours");
const sameSite = control("cookie-samesite", "medium", ["cross-site-request-forgery"]);
const strict = control("strict-mode", "high", ["fixation"]);
const role = control("regenerate-role-change", "medium", ["hijacking"], "hours");

const secureFailure: Judgement = {
  verdict: "fail",
  confidence: "high",
  summary: "The session cookie is sent without Secure.",
  findings: [
    {
      place: place(FRAMEWORK, 3, 5),
      value: "no Secure attribute",
      origin: { kind: "default", of: BUNDLE },
      message: "The browser sends the cookie by plain http too.",
      fix: {
        text: "Set the Secure attribute in production.",
        code: "framework:\n    session:\n        cookie_secure: auto",
        file: FRAMEWORK,
        edit: { file: FRAMEWORK, start: 30, end: 35, text: "auto" },
      },
    },
  ],
};

const rotationFailure: Judgement = {
  verdict: "fail",
  confidence: "medium",
  summary: "Somebody becomes signed in with the id they came with.",
  findings: [
    {
      place: place(SIGN_IN, 40, 9),
      value: "none",
      origin: { kind: "set", place: place(SIGN_IN, 40, 9) },
      message: "A planted session becomes the person's.",
      fix: { text: "Call $request->getSession()->migrate(true) after the token is written." },
    },
  ],
};

const sameSiteDoubt: Judgement = {
  verdict: "review",
  confidence: "low",
  summary: "The deployment decides about SameSite.",
  findings: [
    {
      place: place(FRAMEWORK, 5, 26),
      value: "not known",
      origin: { kind: "environment", name: "COOKIE_SAMESITE", place: place(FRAMEWORK, 5, 26) },
      message: "The variable COOKIE_SAMESITE decides, and the repository gives it no value.",
    },
  ],
};

const noRoles: Judgement = {
  verdict: "not-applicable",
  confidence: "high",
  summary: "No roles are changed here.",
  findings: [],
};

/** A control with a verdict, and a finding where one is needed. */
export function judged(of: Control, verdict: Judgement["verdict"]): Judged {
  const findings: Judgement["findings"] = [
    {
      place: place("a.ts", 1),
      value: "v",
      origin: { kind: "default", of: "x 1" },
      message: "Bad.",
    },
  ];
  const isOpen = verdict === "fail" || verdict === "review";
  return {
    control: of,
    judgement: {
      verdict,
      confidence: "high",
      summary: "So it is.",
      findings: isOpen ? findings : [],
    },
  };
}

/** @param applications Without them, all three. */
export function sampleResult(applications?: AuditResult["applications"]): AuditResult {
  const all = [secure, rotation, sameSite, strict, role];
  return {
    applications: applications ?? [
      {
        evidence: weakEvidence,
        judgements: [
          { control: sameSite, judgement: sameSiteDoubt },
          { control: secure, judgement: secureFailure },
          pass(strict),
          { control: rotation, judgement: rotationFailure },
          { control: role, judgement: noRoles },
        ],
      },
      { evidence: soundEvidence, judgements: all.map(pass) },
      {
        evidence: emptyEvidence,
        judgements: all.map((each) => ({ control: each, judgement: noRoles })),
      },
    ],
    unsupported: ["legacy/: a CakePHP application"],
    unread: [],
    files: 42,
  };
}

export function sampleReport(applications?: AuditResult["applications"]): Report {
  return buildReport(sampleResult(applications), { now: SAMPLE_TIME, toolVersion: "0.1.0" });
}
