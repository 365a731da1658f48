/**
 * Whoever signs in gets a new id, on every way in.
 * @module
 */
import type { Rotation } from "../../evidence.ts";
import type { Control, Verdict } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { notApplicable, worst } from "../judging.ts";
import { keepsServerSessions, privilegeCase, signIns } from "../privilege.ts";

const VERDICTS: Readonly<Record<Rotation, Verdict>> = {
  rotated: "pass",
  // The id is new; that the old one lives on is for `regenerate-login-order` to say.
  "old-session-kept": "pass",
  "before-check": "fail",
  none: "fail",
  unknown: "review",
};

export const regenerateLogin: Control = defineControl({
  id: "regenerate-login",
  title: "Signing in gives a new session id",
  failureTitle: "Signing in keeps the session id",
  severity: "critical",
  covers: ["SM-19"],
  threats: ["fixation"],
  effort: "minutes",
  verification:
    "Note the session cookie before the sign-in, sign in, and send the old value again: it must not be signed in. Do it for each way in: password, registration, reset link, single sign-on, remember-me.",
  judge(evidence) {
    const places = signIns(evidence);
    if (!keepsServerSessions(evidence)) {
      return notApplicable("There is no session id on the server that could be rotated.");
    }
    if (places.length === 0) return notApplicable("No code that signs anybody in was found.");
    return worst(
      places.map((change) =>
        privilegeCase(evidence, change, VERDICTS[change.rotation], {
          none: "Whoever planted or read the id before the sign-in is signed in after it.",
          "before-check":
            "The id is new before the password is checked and not after: whoever learns it in between, by an attempt of his own, is signed in with it.",
        }),
      ),
      {
        pass: "Every way in gives a new session id.",
        fail: "At least one way in keeps the session id.",
        review: "Whether every way in gives a new session id could not be followed.",
      },
    );
  },
});
