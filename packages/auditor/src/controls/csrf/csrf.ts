/**
 * Another site cannot make a visitor's browser change anything here.
 * @module
 */
import type { CsrfEvidence } from "../../evidence.ts";
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { type Case, NO_SESSIONS, notApplicable, seenAt, worst } from "../judging.ts";
import { sentence } from "../sentence.ts";

const VERDICTS = { protected: "pass", partial: "fail", none: "fail", unknown: "review" } as const;

export const csrf: Control = defineControl({
  id: "csrf",
  title: "Requests that change state prove where they come from",
  failureTitle: "Other sites can make a visitor's browser change things here",
  severity: "high",
  covers: ["SM-41", "SM-42"],
  threats: ["cross-site-request-forgery"],
  effort: "days",
  verification:
    "Send each request that changes something with the visitor's cookie and with Origin and Sec-Fetch-Site of another site, without the token, and with the token of another session: each must be refused.",
  judge({ csrf: evidence, sessions, framework, stack }) {
    if (sessions.length === 0) return notApplicable(NO_SESSIONS);
    if (evidence === undefined) return notApplicable("No request that changes anything was found.");
    return worst(casesOf(evidence, fixFor(framework, stack)), {
      pass: "Requests that change state prove where they come from.",
      fail: "Some requests that change state are accepted from any site.",
      review: "What protects requests that change state has to be looked at by hand.",
    });
  },
});

function casesOf(evidence: CsrfEvidence, text: string): Case[] {
  const { cover, place, why, gaps } = evidence;
  const verdict = VERDICTS[cover];
  const fix = verdict === "pass" ? {} : { fix: { text } };
  const gapCases = gaps.map(
    (gap): Case => ({
      verdict,
      finding: {
        place: gap.place,
        value: cover,
        origin: seenAt(gap.place),
        message: sentence(gap.what),
        ...fix,
      },
      confidence: "medium",
    }),
  );
  if (gapCases.length > 0 && cover === "partial") return gapCases;
  const whole: Case = {
    verdict,
    finding: { place, value: cover, origin: seenAt(place), message: sentence(why), ...fix },
    confidence: "medium",
  };
  return [whole, ...gapCases];
}

function fixFor(framework: string, stack: string): string {
  if (framework === "symfony")
    return "Handle the request by a form, or check isCsrfTokenValid() (or #[IsCsrfTokenValid]) in the controller, and let only POST, PUT and DELETE change anything.";
  if (framework === "phalcon")
    return "Check $this->security->checkToken() in every action that changes something, best in one dispatcher listener, and put the token into every form.";
  return stack === "@fastify/session" || stack === "@fastify/secure-session"
    ? "Register @fastify/csrf-protection and use its hook on every route that changes something; state SameSite."
    : "Refuse unsafe requests whose Sec-Fetch-Site or Origin is another site, for all routes at once, and check a token bound to the session where browsers send neither.";
}
