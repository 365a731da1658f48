import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { encryptionAtRest } from "./encryption-at-rest.ts";

const cases: readonly JudgedCase[] = [
  ["of encrypted contents", {}, "pass"],
  ["of clear text", { sessions: [session({ isEncrypted: set(false) })] }, "fail"],
  [
    "of a signed cookie",
    { sessions: [session({ isStateless: true, isEncrypted: set(false) })] },
    "fail",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(encryptionAtRest, cases);
