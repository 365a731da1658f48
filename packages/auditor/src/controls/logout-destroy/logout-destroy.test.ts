import { signOut } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { logoutDestroy } from "./logout-destroy.ts";

const cases: readonly JudgedCase[] = [
  ["of a destroyed session", {}, "pass"],
  ["of a cleared cookie", { signOuts: [signOut("cookie-cleared")] }, "pass"],
  ["of a removed key", { signOuts: [signOut("key-removed")] }, "fail"],
  ["of one way out among two", { signOuts: [signOut("destroyed"), signOut("nothing")] }, "fail"],
  ["where there is a way in and none out", { signOuts: [] }, "fail"],
  ["where nobody signs in", { signOuts: [], privilegeChanges: [] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(logoutDestroy, cases);
