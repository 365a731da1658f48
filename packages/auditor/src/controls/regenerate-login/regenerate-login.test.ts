import { change, session } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { regenerateLogin } from "./regenerate-login.ts";

const cases: readonly JudgedCase[] = [
  ["of rotation", {}, "pass"],
  [
    "of one way in without",
    { privilegeChanges: [change({}), change({ kind: "registration", rotation: "none" })] },
    "fail",
  ],
  [
    "of rotation before the check",
    { privilegeChanges: [change({ rotation: "before-check" })] },
    "fail",
  ],
  [
    "of an old session that lives on, which another control judges",
    { privilegeChanges: [change({ rotation: "old-session-kept" })] },
    "pass",
  ],
  [
    "of a way that cannot be followed",
    { privilegeChanges: [change({ rotation: "unknown" })] },
    "review",
  ],
  ["where nobody signs in", { privilegeChanges: [] }, "not-applicable"],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(regenerateLogin, cases);
