/**
 * Changed rights reach sessions that are open.
 * @module
 */

import type { PrivilegeChange } from "../../evidence.ts";
import type { Control, Verdict } from "../control.ts";
import { defineControl } from "../define-control.ts";
import { notApplicable, worst } from "../judging.ts";
import { keepsServerSessions, privilegeCase } from "../privilege.ts";

export const regenerateRoleChange: Control = defineControl({
  id: "regenerate-role-change",
  title: "Changed rights reach sessions that are open",
  failureTitle: "Open sessions keep the rights they had, or gain rights under an old id",
  severity: "medium",
  covers: ["SM-20", "SM-33"],
  threats: ["hijacking"],
  effort: "hours",
  verification:
    "Sign in as a user, take a role away from that user as an administrator, and send the user's cookie to a page that needs the role: it must be refused.",
  judge(evidence) {
    const changes = evidence.privilegeChanges.filter(({ kind }) => kind === "role-change");
    if (!keepsServerSessions(evidence) || changes.length === 0) {
      return notApplicable("No code that changes anybody's rights was found.");
    }
    return worst(
      changes.map((change) =>
        privilegeCase(evidence, change, verdictOf(change), {
          none:
            change.others === "unknown"
              ? "The session goes on with other rights, under an id that others may know."
              : "Rights that were taken away hold until the person signs out, and new ones come under an id that others may know.",
        }),
      ),
      {
        pass: "Changed rights end or rotate the sessions concerned.",
        fail: "Changed rights leave open sessions as they are.",
        review: "What changed rights do to open sessions could not be followed.",
      },
    );
  },
});

function verdictOf({ rotation, others }: PrivilegeChange): Verdict {
  if (rotation === "rotated" || others === "ended") return "pass";
  return rotation === "unknown" ? "review" : "fail";
}
