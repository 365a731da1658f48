import { remembered } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { rememberMe } from "./remember-me.ts";

const cases: readonly JudgedCase[] = [
  ["of a random token", {}, "pass"],
  ["of a signed token", { rememberMe: remembered({ scheme: "signed" }) }, "pass"],
  ["of a session that lives longer", { rememberMe: remembered({ scheme: "session" }) }, "fail"],
  ["of a plain name", { rememberMe: remembered({ scheme: "plain" }) }, "fail"],
  ["of a password", { rememberMe: remembered({ scheme: "password" }) }, "fail"],
  [
    "of a signed token that never ends",
    { rememberMe: remembered({ scheme: "signed", expires: false }) },
    "fail",
  ],
  [
    "of a random token that the server can only delete",
    { rememberMe: remembered({ expires: false }) },
    "review",
  ],
  ["of what cannot be followed", { rememberMe: remembered({ scheme: "unknown" }) }, "review"],
  ["where nobody is remembered", { rememberMe: undefined }, "not-applicable"],
];

testJudgements(rememberMe, cases);
