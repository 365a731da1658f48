import { secret, session } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { hardcodedSecret } from "./hardcoded-secret.ts";

const cases: readonly JudgedCase[] = [
  ["of a secret from the environment", {}, "pass"],
  [
    "of a literal",
    {
      sessions: [
        session({ secrets: [secret({ source: "literal", masked: "ke… (12 characters)" })] }),
      ],
    },
    "fail",
  ],
  ["of a fallback", { sessions: [session({ secrets: [secret({ source: "fallback" })] })] }, "fail"],
  [
    "of a placeholder",
    { sessions: [session({ secrets: [secret({ source: "placeholder" })] })] },
    "review",
  ],
  ["of no secret", { sessions: [session({ secrets: [] })] }, "not-applicable"],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(hardcodedSecret, cases);
