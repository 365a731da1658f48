/**
 * Nobody guesses a session id.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeSetting, NO_SESSIONS } from "../judging.ts";
import { settingFix } from "../session-fix.ts";

/** NIST SP 800-63B-4 5.1. */
const NIST_BITS = 64;
/** ASVS 5.0, 7.2.3. */
const ASVS_BITS = 128;

export const idEntropy: Control = defineControl({
  id: "id-entropy",
  title: "Session ids cannot be guessed",
  failureTitle: "Session ids can be guessed",
  severity: "critical",
  covers: ["SM-12"],
  threats: ["guessing", "hijacking"],
  effort: "hours",
  verification:
    "Only the source shows that the generator is a cryptographic one. A sample of some thousand ids can refute it: duplicates, fixed positions, ids that follow the clock.",
  judge: (evidence) =>
    judgeSetting(
      evidence,
      (session) => (session.isStateless ? undefined : session.idBits),
      (bits, session, setting) => ({
        verdict: bits < NIST_BITS ? "fail" : bits < ASVS_BITS ? "review" : "pass",
        value: `${bits} random bits`,
        message:
          bits < NIST_BITS
            ? "An attacker who can send many requests finds ids of live sessions."
            : bits < ASVS_BITS
              ? `NIST SP 800-63B-4 asks for ${NIST_BITS} bits and ASVS 5.0 for ${ASVS_BITS}: decide which one holds here.`
              : "The id comes from a cryptographic generator and is long enough.",
        fix: settingFix(evidence, session, setting, {
          text: "Leave the id to the library, which takes it from the system's cryptographic generator.",
          stacks: {
            phalcon: {
              text: "Leave the id to PHP: remove session.sid_length and session.sid_bits_per_character, and any create_sid of your own.",
            },
            symfony: {
              text: "Leave the id to PHP: remove sid_length and sid_bits_per_character, and any create_sid of your own.",
            },
            "express-session": { text: "Remove genid: the default makes 192 random bits." },
          },
        }),
      }),
      {
        pass: "Session ids have enough random bits.",
        fail: "Session ids have too few random bits.",
        review: "Whether session ids have enough random bits is for a person to decide.",
      },
      evidence.sessions.length === 0
        ? NO_SESSIONS
        : "There is no session id: the cookie carries the contents.",
    ),
});
