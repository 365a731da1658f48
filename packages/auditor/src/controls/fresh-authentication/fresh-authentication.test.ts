import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { freshAuthentication } from "./fresh-authentication.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("fresh-authentication", "good")] }, "pass"],
  ["of a fault", { observations: [observed("fresh-authentication", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("fresh-authentication", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(freshAuthentication, cases);
