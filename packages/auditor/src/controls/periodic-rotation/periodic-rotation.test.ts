import { observed, session } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { periodicRotation } from "./periodic-rotation.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "fail"],
  ["of what is right", { observations: [observed("periodic-rotation", "good")] }, "pass"],
  ["of a fault", { observations: [observed("periodic-rotation", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("periodic-rotation", "doubt")] }, "review"],
  [
    "where the cookie carries the contents",
    { sessions: [session({ isStateless: true })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(periodicRotation, cases);
