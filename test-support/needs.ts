/**
 * Tests that need a program which npm cannot install say so here.
 * @module
 */
import { beforeAll, describe } from "vitest";
import { isLeftOut, type ProgramName, requireProgram } from "../scripts/programs.mjs";

/** A fresh machine downloads and unpacks the program first. */
const INSTALL_MILLISECONDS = 300_000;

/**
 * A `describe` whose tests need a program. They fail, naming the command to paste, where it is
 * absent and cannot be installed; `npm test -- --without=<name>` leaves them out.
 *
 * @param body Is handed a function that answers the program's path once the tests run.
 */
export function describeWith(
  name: ProgramName,
  title: string,
  body: (program: () => string) => void,
): void {
  // scripts/reporter.mjs reads the mark in the title: no other skip passes.
  describe.skipIf(isLeftOut(name))(`${title} (needs ${name})`, () => {
    let path: string | undefined;
    beforeAll(async () => {
      path = await requireProgram(name);
    }, INSTALL_MILLISECONDS);
    body(() => {
      if (path === undefined) throw new Error(`${name} is known once the tests run, not before.`);
      return path;
    });
  });
}
