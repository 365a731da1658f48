/**
 * Who signed in, and who failed to, can be read afterwards.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { notApplicable } from "../judging.ts";
import { presenceJudgement } from "../presence.ts";

export const auditLogging: Control = defineControl({
  id: "audit-logging",
  title: "Sign-ins and failed attempts are recorded",
  failureTitle: "Sign-ins or failed attempts leave no trace",
  severity: "medium",
  covers: ["SM-55"],
  threats: ["undetected-abuse"],
  effort: "hours",
  verification:
    "Fail to sign in, sign in and sign out; the log must have three entries with time, account and address, and no token in any of them.",
  judge({ auditLog, framework }) {
    if (auditLog === undefined) return notApplicable("No code that signs anybody in was found.");
    const fix =
      framework === "symfony"
        ? {
            text: "Subscribe to LoginSuccessEvent, LoginFailureEvent and LogoutEvent and write them to a log channel of their own.",
            code: "#[AsEventListener] public function onLoginSuccess(LoginSuccessEvent $event): void\n#[AsEventListener] public function onLoginFailure(LoginFailureEvent $event): void",
          }
        : {
            text: "Log each sign-in, each failed attempt and each sign-out with time, account and address, never the password or the session id.",
          };
    return presenceJudgement([auditLog.success, auditLog.failure], fix, {
      yes: "Sign-ins and failed attempts are recorded.",
      no: "Without it nobody sees that an account is attacked, or afterwards what was done with it.",
      unclear: "What is recorded of sign-ins has to be looked at by hand.",
    });
  },
});
