/**
 * Secrets that sign or encrypt sessions are not in the repository.
 * @module
 */
import type { SecretEvidence } from "../../evidence.ts";
import type { Control, Verdict } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { type Case, NO_SESSIONS, notApplicable, seenAt, worst } from "../judging.ts";

type Source = SecretEvidence["source"];

const VERDICTS: Readonly<Record<Source, Verdict>> = {
  literal: "fail",
  fallback: "fail",
  placeholder: "review",
  environment: "pass",
  generated: "pass",
  file: "pass",
  unknown: "review",
};

const MESSAGES: Readonly<Record<Source, string>> = {
  literal:
    "Whoever has read the repository, now or in its history, makes session cookies and tokens that the application believes.",
  fallback:
    "Where the variable is forgotten, the application runs with a secret that everybody knows, and nothing says so.",
  placeholder:
    "A set-up step should replace it: see that it does, and that the application does not start with this one.",
  environment: "The secret comes from the environment.",
  generated: "The secret is generated where the application is set up.",
  file: "The secret comes from a file that is not in the repository.",
  unknown: "Where the secret comes from could not be followed.",
};

export const hardcodedSecret: Control = defineControl({
  id: "hardcoded-secret",
  title: "Session secrets are not in the repository",
  failureTitle: "A session secret is in the repository",
  severity: "high",
  covers: ["SM-18"],
  threats: ["guessing", "hijacking"],
  effort: "hours",
  verification:
    "Search the repository and its history for the secret that production runs with, and replace it wherever it was ever found.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    const secrets = evidence.sessions.flatMap((session) => session.secrets);
    if (secrets.length === 0)
      return notApplicable("No secret signs or encrypts anything of a session here.");
    return worst(
      secrets.map(({ source, place, purpose, masked }): Case => {
        const verdict = VERDICTS[source];
        return {
          verdict,
          finding: {
            place,
            value: masked === undefined ? source : `${source} ${masked}`,
            origin: seenAt(place),
            message: `${purpose}: ${MESSAGES[source]}`,
            ...(verdict === "pass"
              ? {}
              : {
                  fix: {
                    text: "Take the secret from the environment or a secret store, refuse to start without it, and replace the one that was published.",
                    ...(evidence.framework === "node"
                      ? {
                          code: 'const secret = process.env.SESSION_SECRET;\nif (secret === undefined) throw new Error("SESSION_SECRET is not set");',
                          file: place.file,
                        }
                      : {}),
                  },
                }),
          },
        };
      }),
      {
        pass: "Session secrets come from outside the repository.",
        fail: "A session secret can be read in the repository.",
        review: "Where a session secret comes from has to be looked at by hand.",
      },
    );
  },
});
