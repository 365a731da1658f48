import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { staticTokens } from "./static-tokens.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("static-tokens", "good")] }, "pass"],
  ["of a fault", { observations: [observed("static-tokens", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("static-tokens", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(staticTokens, cases);
