import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { idInUrl } from "./id-in-url.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("id-in-url", "good")] }, "pass"],
  ["of a fault", { observations: [observed("id-in-url", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("id-in-url", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(idInUrl, cases);
