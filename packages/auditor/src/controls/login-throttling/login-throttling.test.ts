import { somewhere } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { loginThrottling } from "./login-throttling.ts";

const cases: readonly JudgedCase[] = [
  ["of a limiter", {}, "pass"],
  [
    "of none",
    { throttling: { present: false, place: somewhere, why: "It was looked for." } },
    "fail",
  ],
  [
    "of what cannot be told",
    { throttling: { present: undefined, place: somewhere, why: "It was looked for." } },
    "review",
  ],
  ["where nobody signs in", { throttling: undefined }, "not-applicable"],
];

testJudgements(loginThrottling, cases);
