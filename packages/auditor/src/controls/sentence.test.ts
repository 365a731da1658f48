import { expect, it } from "vitest";
import { sentence } from "./sentence.ts";

it("makes a sentence of what evidence says, and leaves code alone", () => {
  expect(sentence("nothing counts attempts")).toBe("Nothing counts attempts.");
  expect(sentence("The session is kept.")).toBe("The session is kept.");
  expect(sentence("process.env.X is not followed")).toBe("process.env.X is not followed.");
  expect(sentence("logout() removes a key")).toBe("logout() removes a key.");
  expect(sentence("")).toBe("");
});
