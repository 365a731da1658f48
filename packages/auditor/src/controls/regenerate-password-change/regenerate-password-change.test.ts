import { change, session } from "../testing.ts";
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
  [
    "where the cookie carries the session and copies go on",
    {
      sessions: [session({ isStateless: true })],
      privilegeChanges: [change({ kind: "password-change", rotation: "rotated", others: "kept" })],
    },
    "fail",
  ],
  [
    "where cookies from before are refused",
    {
      sessions: [session({ isStateless: true })],
      privilegeChanges: [change({ kind: "password-change", rotation: "none", others: "ended" })],
    },
    "pass",
  ],
  ["where nobody changes a password", { privilegeChanges: [change({})] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(regeneratePasswordChange, cases);
