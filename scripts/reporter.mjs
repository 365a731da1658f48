/**
 * Counts the tests of a run and refuses skips: a test that did not run proves nothing.
 * Only tests left out by name, with `--without=…`, may be skipped, and they are counted aloud.
 * @module
 */
import { writeFileSync } from "node:fs";
import { parseLeftOut } from "./programs.mjs";

function programLeftOut(test) {
  const leftOut = parseLeftOut(process.env.HOLDFAST_TEST_WITHOUT ?? "");
  return leftOut.find((name) => test.fullName.includes(`(needs ${name})`));
}

/** A failure's message and its own frames, not the runner's. */
function ownLines(error) {
  const lines = (error.stack ?? error.message).split("\n");
  return lines.filter((line) => !line.includes("/node_modules/")).join("\n");
}

/** @implements {import("vitest/node").Reporter} */
export class CountingReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: 0, leftOut: {}, failures: [] };
    for (const module of modules) {
      // A file that does not load has no tests to count, and is a failure all the same.
      if (module.errors().length > 0) counts.failed += 1;
      for (const error of module.errors()) {
        counts.failures.push(`${module.relativeModuleId}: ${error.message}`);
      }
      for (const test of module.children.allTests()) this.#count(test, module, counts);
    }
    for (const error of unhandledErrors) counts.failures.push(`unhandled: ${error.message}`);
    counts.failed += unhandledErrors.length + counts.skipped;
    if (counts.passed + counts.failed === 0) counts.failed = 1;
    for (const [name, number] of Object.entries(counts.leftOut)) {
      const tests = number === 1 ? "1 test" : `${number} tests`;
      process.stdout.write(`Left out by --without=${name}: ${tests}\n`);
    }
    if (counts.failed > 0) process.exitCode = 1;
    const file = process.env.HOLDFAST_TEST_REPORT;
    if (file) writeFileSync(file, `${JSON.stringify(counts)}\n`);
  }

  #count(test, module, counts) {
    const { state, note, errors } = test.result();
    if (state === "passed") {
      counts.passed += 1;
      return;
    }
    const name = state === "skipped" ? programLeftOut(test) : undefined;
    if (name !== undefined) {
      counts.leftOut[name] = (counts.leftOut[name] ?? 0) + 1;
      return;
    }
    if (state === "failed") {
      counts.failed += 1;
      const why = errors.map(ownLines).join("\n");
      counts.failures.push(`${module.relativeModuleId} > ${test.fullName}\n${why}`);
      return;
    }
    counts.skipped += 1;
    const reason = note ?? "no reason given";
    process.stderr.write(
      `Did not run: ${module.relativeModuleId} > ${test.fullName} (${reason})\n`,
    );
  }
}
