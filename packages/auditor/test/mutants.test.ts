/**
 * Sound applications have no failure; each of them with one thing broken has the failure of that thing.
 * @module
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditSource } from "../src/audit.ts";
import type { Verdict } from "../src/controls/control.ts";
import { mutants } from "./support/mutants.ts";

const fixtures = join(import.meta.dirname, "fixtures");

/** The applications that the mutants are made of; a control may fail in one for the reason given. */
const known: Readonly<Record<string, readonly string[]>> = {
  "sound-symfony": [],
  // The library writes sessions back whole, whatever an application does.
  "sound-express": ["resurrection"],
  "sound-phalcon": [],
};

async function verdictsIn(folder: string): Promise<ReadonlyMap<string, Verdict>> {
  const { applications } = await auditSource({ folder });
  expect(applications).toHaveLength(1);
  return new Map(
    applications[0]?.judgements.map(({ control, judgement }) => [control.id, judgement.verdict]),
  );
}

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "holdfast-mutants-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

for (const [fixture, failing] of Object.entries(known)) {
  describe(fixture, () => {
    it("has no failure", async () => {
      const verdicts = [...(await verdictsIn(join(fixtures, fixture)))];
      expect(verdicts.filter(([, verdict]) => verdict === "fail").map(([id]) => id)).toEqual(
        failing,
      );
    });

    for (const [number, mutant] of mutants
      .filter((candidate) => candidate.fixture === fixture)
      .entries()) {
      it(`says ${mutant.verdict} of ${mutant.control} when ${mutant.what}`, async () => {
        const folder = join(scratch, `${fixture}-${number}`);
        cpSync(join(fixtures, fixture), folder, { recursive: true });
        for (const { file, from, to } of mutant.edits) {
          const path = join(folder, file);
          const text = readFileSync(path, "utf8");
          expect(text.split(from).length - 1, `${file} has "${from}" once`).toBe(1);
          writeFileSync(
            path,
            text.replace(from, () => to),
          );
        }
        expect((await verdictsIn(folder)).get(mutant.control)).toBe(mutant.verdict);
      });
    }
  });
}
