import { session, set } from "../testing.ts";
import { type JudgedCase, testJudgements } from "../testing-judgements.ts";
import { storageHandler } from "./storage-handler.ts";

const cases: readonly JudgedCase[] = [
  ["of Redis", {}, "pass"],
  ["of a database", { sessions: [session({ storage: set("database") })] }, "pass"],
  ["of files", { sessions: [session({ storage: set("files") })] }, "fail"],
  ["of memory", { sessions: [session({ storage: set("memory") })] }, "fail"],
  ["of an own handler", { sessions: [session({ storage: set("custom") })] }, "review"],
  [
    "of a cookie that carries the contents",
    { sessions: [session({ isStateless: true, storage: set("cookie") })] },
    "not-applicable",
  ],
  ["where no session is kept", { sessions: [] }, "not-applicable"],
];

testJudgements(storageHandler, cases);
