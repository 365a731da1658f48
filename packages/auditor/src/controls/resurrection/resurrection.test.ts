import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { resurrection } from "./resurrection.ts";

const cases: readonly JudgedCase[] = [
  ["of express-session", {}, "fail"],
  [
    "of Symfony in files",
    { framework: "symfony", stack: "symfony", sessions: [session({ storage: set("files") })] },
    "pass",
  ],
  [
    "of Symfony in Redis, which does not lock",
    { framework: "symfony", stack: "symfony", sessions: [session({ storage: set("redis") })] },
    "review",
  ],
  ["of Holdfast", { stack: "holdfast" }, "pass"],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(resurrection, cases);
