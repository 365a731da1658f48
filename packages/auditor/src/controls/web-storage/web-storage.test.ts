import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { webStorage } from "./web-storage.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  ["of what is right", { observations: [observed("web-storage", "good")] }, "pass"],
  ["of a fault", { observations: [observed("web-storage", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("web-storage", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(webStorage, cases);
