/**
 * Two projects: `unit` needs nothing but Node; `programs` needs what scripts/programs.mjs lists.
 * @module
 */
import { defineConfig } from "vitest/config";
import { CountingReporter } from "./scripts/reporter.mjs";

const needsProgram = [
  "{packages,examples}/*/{src,test}/**/*.{browser,server}.test.ts",
  "bench/test/*.server.test.ts",
];

// The runner loads this file's default export; nothing else here has one.
export default defineConfig({
  test: {
    reporters: ["default", new CountingReporter()],
    // A test that passes only on its second try is a finding, not noise.
    retry: 0,
    allowOnly: false,
    projects: [
      {
        test: {
          name: "unit",
          maxWorkers: 2,
          // How long a test takes is no finding: a machine may have other work.
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
          include: [
            "{packages,examples}/*/{src,test}/**/*.test.ts",
            "bench/test/*.test.ts",
            "scripts/*.test.ts",
          ],
          exclude: needsProgram,
        },
      },
      {
        test: {
          name: "programs",
          include: needsProgram,
          testTimeout: 60_000,
          // One after the other, and after the rest: they drive servers to their limits and wait for them.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
