/**
 * The example bank, which uses what this project makes, passes its own review.
 * @module
 */
import { join } from "node:path";
import { expect, it } from "vitest";
import { auditSource } from "../src/audit.ts";

it("finds nothing that fails in the example bank, and that it keeps sessions", async () => {
  const folder = join(import.meta.dirname, "../../../examples/bank");
  const { applications } = await auditSource({ folder });
  expect(applications.map(({ evidence }) => evidence.sessions.length)).toEqual([1]);
  const failed = applications.flatMap(({ judgements }) =>
    judgements
      .filter(({ judgement }) => judgement.verdict === "fail")
      .map(({ control }) => control.id),
  );
  expect(failed).toEqual([]);
  // What the bank has is seen, not passed over.
  const passed = applications.flatMap(({ judgements }) =>
    judgements
      .filter(({ judgement }) => judgement.verdict === "pass")
      .map(({ control }) => control.id),
  );
  expect(passed).toEqual(
    expect.arrayContaining([
      "login-throttling",
      "audit-logging",
      "remember-me",
      "remember-me-cookie",
      "periodic-rotation",
      "concurrent-sessions",
      "session-overview",
    ]),
  );
});
