import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { idEntropy } from "./id-entropy.ts";

const cases: readonly JudgedCase[] = [
  ["of 192 bits", {}, "pass"],
  ["of 128 bits", { sessions: [session({ idBits: set(128) })] }, "pass"],
  [
    "of 88 bits, which NIST takes and ASVS does not",
    { sessions: [session({ idBits: set(88) })] },
    "review",
  ],
  ["of 52 bits", { sessions: [session({ idBits: set(52) })] }, "fail"],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(idEntropy, cases);
