/**
 * Everything to run before a commit. Each step reports; none stops the others. `--tested` leaves out the
 * unit tests, for a run of `npm test` that has just had them.
 * @module
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = (...path) => join(root, "node_modules", ...path);

/** `npm run check` has set up and built before this runs. The longest step comes first. */
const steps = [
  ["unit tests", ["scripts/test.mjs", "--unit"]],
  ["types of sources and tests", [bin("typescript", "bin", "tsc"), "-p", "tsconfig.test.json"]],
  [
    "format and lint",
    [bin("@biomejs", "biome", "bin", "biome"), "ci", "--error-on-warnings", "--colors=off"],
  ],
  ...["runtime", "auditor"].flatMap((name) => [
    [
      `${name} as types see it`,
      [
        bin("@arethetypeswrong", "cli", "dist", "index.js"),
        "--pack",
        `packages/${name}`,
        "--profile",
        "esm-only",
      ],
    ],
    [
      `${name} as bundlers see it`,
      [bin("publint", "src", "cli.js"), `packages/${name}`, "--strict"],
    ],
  ]),
  ["unused files and dependencies", [bin("knip", "bin", "knip.js"), "--no-progress"]],
  ["generated pages", ["scripts/generate.mjs", "--check"]],
  ["repository rules", ["scripts/repository.mjs"]],
  ["lock file", ["scripts/lockfile.mjs", "--check"]],
];

function run(args) {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      // The colours of eight tools at once help nobody, and break what CI keeps.
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("close", (code) => {
      resolve({ code, output, seconds: (performance.now() - startedAt) / 1000 });
    });
  });
}

const startedAt = performance.now();
const failed = [];
const isTested = process.argv.includes("--tested");
const waiting = steps.filter(([title]) => !(isTested && title === "unit tests"));
async function worker() {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const [title, args] = step;
    const { code, output, seconds } = await run(args);
    const verdict = code === 0 ? "ok  " : "FAIL";
    process.stdout.write(`${verdict} ${title} (${seconds.toFixed(1)} s)\n`);
    if (code !== 0) {
      failed.push(title);
      process.stdout.write(`${output.replace(/^/gm, "     ").trimEnd()}\n`);
    }
  }
}
// Two at a time: the tests wait on the disk and on timers, the tools on the processor.
await Promise.all([worker(), worker()]);

const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
if (failed.length > 0) {
  process.stdout.write(`\ncheck failed in ${seconds} s: ${failed.join(", ")}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`\ncheck passed in ${seconds} s\n`);
}
