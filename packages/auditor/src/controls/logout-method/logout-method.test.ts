import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { logoutMethod } from "./logout-method.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("logout-method", "good")] }, "pass"],
  ["of a fault", { observations: [observed("logout-method", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("logout-method", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(logoutMethod, cases);
