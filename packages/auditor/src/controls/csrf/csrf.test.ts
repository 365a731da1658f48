import { somewhere } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { csrf } from "./csrf.ts";

const cases: readonly JudgedCase[] = [
  ["of full cover", {}, "pass"],
  [
    "of gaps",
    {
      csrf: {
        cover: "partial",
        place: somewhere,
        why: "It was looked for.",
        gaps: [{ place: somewhere, what: "delete has no token" }],
      },
    },
    "fail",
  ],
  [
    "of no cover",
    { csrf: { cover: "none", place: somewhere, why: "It was looked for.", gaps: [] } },
    "fail",
  ],
  [
    "of what cannot be followed",
    { csrf: { cover: "unknown", place: somewhere, why: "It was looked for.", gaps: [] } },
    "review",
  ],
  ["where nothing changes state", { csrf: undefined }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(csrf, cases);
