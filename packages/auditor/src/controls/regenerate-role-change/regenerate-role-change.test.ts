import { change } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { regenerateRoleChange } from "./regenerate-role-change.ts";

const cases: readonly JudgedCase[] = [
  ["of rotation", {}, "pass"],
  [
    "where the sessions concerned end",
    { privilegeChanges: [change({ kind: "role-change", rotation: "none", others: "ended" })] },
    "pass",
  ],
  [
    "of no effect",
    { privilegeChanges: [change({ kind: "role-change", rotation: "none", others: "kept" })] },
    "fail",
  ],
  ["where nobody changes rights", { privilegeChanges: [] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(regenerateRoleChange, cases);
