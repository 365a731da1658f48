import { change } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { regenerateLoginOrder } from "./regenerate-login-order.ts";

const cases: readonly JudgedCase[] = [
  ["of rotation before the identity", {}, "pass"],
  [
    "of an old session that lives on",
    { privilegeChanges: [change({ rotation: "old-session-kept" })] },
    "fail",
  ],
  [
    "of rotation before the check",
    { privilegeChanges: [change({ rotation: "before-check" })] },
    "fail",
  ],
  ["where nothing rotates", { privilegeChanges: [change({ rotation: "none" })] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(regenerateLoginOrder, cases);
