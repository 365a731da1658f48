import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { proxyTrust } from "./proxy-trust.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("proxy-trust", "good")] }, "pass"],
  ["of a fault", { observations: [observed("proxy-trust", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("proxy-trust", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(proxyTrust, cases);
