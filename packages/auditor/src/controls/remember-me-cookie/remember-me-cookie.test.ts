import { decidedOutside, remembered, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { rememberMeCookie } from "./remember-me-cookie.ts";

const cases: readonly JudgedCase[] = [
  ["of both flags", {}, "pass"],
  ["of no Secure", { rememberMe: remembered({ secure: set("never") }) }, "fail"],
  ["of no HttpOnly", { rememberMe: remembered({ httpOnly: set(false) }) }, "fail"],
  [
    "of a flag that the deployment decides",
    { rememberMe: remembered({ secure: decidedOutside() }) },
    "review",
  ],
  ["where nobody is remembered", { rememberMe: undefined }, "not-applicable"],
];

testJudgements(rememberMeCookie, cases);
