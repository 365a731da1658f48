/**
 * Sessions are bound to the device, and the proof is verified.
 * @module
 */
import type { Control } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { judgeObservations, NO_SESSIONS, notApplicable } from "../judging.ts";

export const deviceBinding: Control = defineControl({
  id: "device-binding",
  title: "Sessions are bound to the device, and the proof is verified",
  failureTitle: "The proof of device-bound sessions is not verified",
  severity: "low",
  covers: ["SM-59"],
  threats: ["hijacking"],
  effort: "days",
  verification:
    "Refresh a bound session without a proof, with another key, and with a proof seen before: each must be refused without a new cookie.",
  judge(evidence) {
    if (evidence.sessions.length === 0) return notApplicable(NO_SESSIONS);
    return judgeObservations(
      evidence,
      "device-binding",
      {
        pass: "Sessions are bound to a key of the device, and the proof is verified.",
        fail: "A proof that is not verified binds nothing: a copied cookie is as good as the real one.",
        review: "How the proof of a device-bound session is verified has to be looked at by hand.",
      },
      notApplicable(
        "No device-bound session credentials are offered: a copied cookie works on any machine. ASVS asks for more at level 3.",
      ),
    );
  },
});
