import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { sessionApi } from "./session-api.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "pass"],
  [
    "of a cookie that is written by hand",
    { observations: [observed("session-api", "fault")] },
    "fail",
  ],
  ["of a doubt", { observations: [observed("session-api", "doubt")] }, "review"],
  [
    "of files without a session set-up",
    { sessions: [], observations: [observed("session-api", "fault")] },
    "fail",
  ],
  ["of PHP", { framework: "symfony", stack: "symfony" }, "not-applicable"],
];

testJudgements(sessionApi, cases);
