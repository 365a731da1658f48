import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { accountDisabling } from "./account-disabling.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("account-disabling", "good")] }, "pass"],
  ["of a fault", { observations: [observed("account-disabling", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("account-disabling", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(accountDisabling, cases);
