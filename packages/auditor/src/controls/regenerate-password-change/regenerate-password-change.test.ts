import { change } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { regeneratePasswordChange } from "./regenerate-password-change.ts";

const cases: readonly JudgedCase[] = [
  ["of rotation", {}, "pass"],
  [
    "of no rotation",
    { privilegeChanges: [change({ kind: "password-change", rotation: "none" })] },
    "fail",
  ],
  [
    "where only the other sessions end",
    { privilegeChanges: [change({ kind: "password-change", rotation: "none", others: "ended" })] },
    "fail",
  ],
  ["where nobody changes a password", { privilegeChanges: [change({})] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(regeneratePasswordChange, cases);
