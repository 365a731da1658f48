import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { transportSecurity } from "./transport-security.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("transport-security", "good")] }, "pass"],
  ["of a fault", { observations: [observed("transport-security", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("transport-security", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(transportSecurity, cases);
