/**
 * The vulnerable applications: each line that a comment marks with `expect: id, id` fails at those controls, and
 * no other line fails.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { auditSource } from "../src/audit.ts";

const folder = join(import.meta.dirname, "../../../examples/vulnerable");
const applications = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** `file:line control`, for each control of each mark. */
function marksIn(application: string): string[] {
  const files = readdirSync(join(folder, application), { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const file = path.slice(join(folder, application).length + 1);
      return readFileSync(path, "utf8")
        .split("\n")
        .flatMap((line, index) => {
          const [, ids = ""] = /(?:\/\/|#) expect: (.*)$/.exec(line) ?? [];
          return ids
            .split(", ")
            .filter((id) => id !== "")
            .map((id) => `${file}:${index + 1} ${id}`);
        });
    });
}

describe("the vulnerable applications", () => {
  it("are there", () => {
    expect(applications).toEqual(["express", "phalcon", "symfony"]);
  });

  for (const application of applications) {
    it(`fail where they are marked, and nowhere else: ${application}`, async () => {
      const result = await auditSource({ folder: join(folder, application) });
      const found = result.applications.flatMap(({ judgements }) =>
        judgements
          .filter(({ judgement }) => judgement.verdict === "fail")
          .flatMap(({ control, judgement }) =>
            judgement.findings.map(({ place }) => `${place.file}:${place.line} ${control.id}`),
          ),
      );
      expect([...new Set(found)].sort()).toEqual(marksIn(application).sort());
    });
  }
});
