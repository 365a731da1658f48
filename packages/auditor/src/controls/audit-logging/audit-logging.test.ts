import { somewhere } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { auditLogging } from "./audit-logging.ts";

const cases: readonly JudgedCase[] = [
  ["of both", {}, "pass"],
  [
    "of successes alone",
    {
      auditLog: {
        success: { present: true, place: somewhere, why: "It was looked for." },
        failure: { present: false, place: somewhere, why: "It was looked for." },
      },
    },
    "fail",
  ],
  [
    "of what cannot be told",
    {
      auditLog: {
        success: { present: true, place: somewhere, why: "It was looked for." },
        failure: { present: undefined, place: somewhere, why: "It was looked for." },
      },
    },
    "review",
  ],
  ["where nobody signs in", { auditLog: undefined }, "not-applicable"],
];

testJudgements(auditLogging, cases);
