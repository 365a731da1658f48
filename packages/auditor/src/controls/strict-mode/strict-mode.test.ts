import { session, set, somewhere } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { strictMode } from "./strict-mode.ts";

const cases: readonly JudgedCase[] = [
  ["of refused ids", {}, "pass"],
  ["of adopted ids", { sessions: [session({ strictIds: set(false) })] }, "fail"],
  [
    "of a handler that cannot be followed",
    {
      sessions: [
        session({
          strictIds: {
            value: undefined,
            origin: { kind: "unknown", why: "the handler is a service", place: somewhere },
          },
        }),
      ],
    },
    "review",
  ],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(strictMode, cases);
