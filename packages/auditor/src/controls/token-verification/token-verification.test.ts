import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { tokenVerification } from "./token-verification.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("token-verification", "good")] }, "pass"],
  ["of a fault", { observations: [observed("token-verification", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("token-verification", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(tokenVerification, cases);
