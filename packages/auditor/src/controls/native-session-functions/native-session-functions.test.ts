import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { nativeSessionFunctions } from "./native-session-functions.ts";

const cases: readonly JudgedCase[] = [
  ["where none is used", { framework: "phalcon", stack: "phalcon" }, "pass"],
  [
    "where one is used",
    {
      framework: "phalcon",
      stack: "phalcon",
      observations: [observed("native-session-functions", "fault")],
    },
    "fail",
  ],
  [
    "where one may be used",
    {
      framework: "symfony",
      stack: "symfony",
      observations: [observed("native-session-functions", "doubt")],
    },
    "review",
  ],
  ["without PHP", {}, "not-applicable"],
  [
    "of an application of PHP without sessions",
    { framework: "phalcon", stack: "phalcon", sessions: [] },
    "pass",
  ],
];

testJudgements(nativeSessionFunctions, cases);
