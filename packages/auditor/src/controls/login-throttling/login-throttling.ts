/**
 * Guessing passwords is slow.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { notApplicable } from "../judging.ts";
import { presenceJudgement } from "../presence.ts";

export const loginThrottling: Control = defineControl({
  id: "login-throttling",
  title: "Repeated sign-in attempts are slowed down",
  failureTitle: "Passwords can be tried without limit",
  severity: "medium",
  covers: ["SM-58"],
  threats: ["guessing"],
  effort: "hours",
  verification:
    "Send eleven wrong passwords for one account: the answers must become slower or 429, while the right password from another address still works.",
  judge({ throttling, framework }) {
    if (throttling === undefined) return notApplicable("No sign-in by password was found.");
    const fix =
      framework === "symfony"
        ? {
            text: "Switch login_throttling on for each firewall that signs in.",
            code: "security:\n    firewalls:\n        main:\n            login_throttling:\n                max_attempts: 5\n                interval: '15 minutes'",
            file: throttling.place.file,
          }
        : {
            text: "Count failed attempts by account and by address in the shared store, and delay or refuse further ones; keep a budget of its own for devices that signed in before.",
          };
    return presenceJudgement([throttling], fix, {
      yes: "Repeated sign-in attempts are slowed down.",
      no: "Nothing slows repeated sign-in attempts down, so passwords are guessed at the server's full speed.",
      unclear: "What slows repeated sign-in attempts down has to be looked at by hand.",
    });
  },
});
