import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { cookieLifetime } from "./cookie-lifetime.ts";

const cases: readonly JudgedCase[] = [
  ["of a cookie that ends with the browser", {}, "pass"],
  ["of thirty days", { sessions: [session({}, { lifetimeSeconds: set(30 * 86_400) })] }, "pass"],
  [
    "of thirty-one days",
    { sessions: [session({}, { lifetimeSeconds: set(31 * 86_400) })] },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(cookieLifetime, cases);
