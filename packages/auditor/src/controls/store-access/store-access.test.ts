import { observed } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { storeAccess } from "./store-access.ts";

const cases: readonly JudgedCase[] = [
  ["where nothing was observed", {}, "not-applicable"],
  ["of what is right", { observations: [observed("store-access", "good")] }, "pass"],
  ["of a fault", { observations: [observed("store-access", "fault")] }, "fail"],
  ["of a doubt", { observations: [observed("store-access", "doubt")] }, "review"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(storeAccess, cases);
