/**
 * Who is remembered is remembered by a token of its own that ends.
 * @module
 */
import type { RememberMeEvidence } from "../../evidence.ts";
import type { Control, Verdict } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { notApplicable, seenAt, worst } from "../judging.ts";
import { sentence } from "../sentence.ts";

export const rememberMe: Control = defineControl({
  id: "remember-me",
  title: "Remember-me uses a token of its own that ends",
  failureTitle: "Remember-me can be forged, or never ends",
  severity: "high",
  covers: ["SM-37"],
  threats: ["hijacking", "guessing"],
  effort: "days",
  verification:
    "Sign in with remember-me, keep a copy of its cookie, sign out, and send the copy: it must not sign in. Change one character of it: neither may that.",
  judge({ rememberMe: evidence }) {
    if (evidence === undefined)
      return notApplicable("No code that remembers anybody beyond the session was found.");
    const verdict = verdictOf(evidence);
    const finding = {
      place: evidence.place,
      value: evidence.scheme.replace("-", " "),
      origin: seenAt(evidence.place),
      message: `${sentence(evidence.why)} ${consequence(evidence)}`.trim(),
      ...(verdict === "pass"
        ? {}
        : {
            fix: {
              text: "Keep a random token per device on the server, hashed; replace it each time it is used, end it at sign-out and at a change of the password, and after some weeks.",
            },
          }),
    };
    const isSession = evidence.scheme === "session";
    const judgement = worst([{ verdict, finding, confidence: "medium" }], {
      pass: "Remember-me uses a token of its own that ends.",
      fail: isSession
        ? "Remember-me has no token of its own: the session lives for as long."
        : "Remember-me can be forged, or never ends.",
      review: "How remember-me works has to be looked at by hand.",
    });
    // The cookie cannot be forged, and what ends sessions ends it.
    return isSession ? { ...judgement, severity: "medium" } : judgement;
  },
});

function verdictOf({ scheme, expires }: RememberMeEvidence): Verdict {
  if (scheme === "plain" || scheme === "password" || scheme === "session") return "fail";
  // Who can take it back at any time may do without an end; whether anybody does is for a person to see.
  if (expires === false) return scheme === "random-token" ? "review" : "fail";
  return scheme === "unknown" ? "review" : "pass";
}

function consequence({ scheme, expires }: RememberMeEvidence): string {
  if (scheme === "plain") return "Whoever knows the name of an account makes the cookie himself.";
  if (scheme === "password")
    return "Whoever reads the cookie has the password, or what is as good as it.";
  if (scheme === "session")
    return "For all that time the session has one id and full rights, and a copy of its cookie has both.";
  if (expires === false && scheme === "random-token")
    return "The server never ends it by itself: a copy of the cookie signs in until somebody deletes the token.";
  if (expires === false) return "A copy of the cookie signs in for ever.";
  if (scheme === "signed")
    return "A signed cookie cannot be ended by signing out: a copy signs in until it expires or the password changes.";
  return "";
}
