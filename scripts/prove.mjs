/**
 * The proofs at full size, one after the other, written to PROOF.md. Takes about twenty minutes; best on
 * a machine with nothing else to do. `npm run prove -- race kill` runs some of them and prints only; with
 * `--write` it puts their sections into PROOF.md, in the place of those that are there.
 * @module
 */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const vitest = ["node_modules/vitest/vitest.mjs", "run", "--reporter=dot"];

/** Each proof: what it shows, and the program that shows it, as anybody can run it. */
// What it costs comes first, while the machine is quiet.
const proofs = {
  bench: {
    title: "Cost: CPU time and store operations per request",
    args: [
      "bench/dist/bench/main.js",
      "--markdown",
      "--sqlite-sessions",
      "1000000",
      "--rounds",
      "9",
      "--milliseconds",
      "100",
    ],
  },
  race: {
    title: "Races: 200 rounds of each cell",
    args: ["bench/dist/race/main.js", "--rounds", "200", "--markdown"],
  },
  cookies: {
    title: "1,000,000 hostile cookies at the engine, 10,000 over HTTP through each adapter",
    args: [...vitest, "packages/runtime/test/hostile-cookies.test.ts"],
    env: { HOLDFAST_TEST_COOKIES: "1000000", HOLDFAST_TEST_HTTP_COOKIES: "10000" },
  },
  interleavings: {
    title: "500 random schedules of requests, revocations and sweeps, twice",
    args: [...vitest, "packages/runtime/test/interleavings.test.ts"],
    env: { HOLDFAST_TEST_RUNS: "500" },
  },
  kill: {
    title: "kill -9 under load, 50 times, on SQLite",
    args: ["bench/dist/prove/main.js", "kill", "--count", "50"],
  },
  rolling: {
    title: "Two releases side by side: a key promoted, a record format one minor apart",
    args: ["bench/dist/prove/main.js", "rolling"],
  },
  files: {
    title: "A stolen SQLite file and a stolen key file",
    args: ["bench/dist/prove/main.js", "files"],
  },
  "race-stores": {
    title: "Races on every store that processes share: four of them, 200 rounds of each cell",
    args: [
      ...["bench/dist/race/main.js", "--stores", "sqlite,redis,redis-cluster,postgres,mariadb"],
      ...["--processes", "4", "--rounds", "200", "--markdown"],
    ],
  },
  "race-rivals": {
    title: "Races of the rivals on the stores that they recommend: 200 rounds of each cell",
    args: [
      "bench/dist/race/main.js",
      ...[
        "--only",
        "express-session-redis,fastify-session-redis,better-auth-redis,better-auth-postgres",
      ],
      ...["--processes", "4", "--rounds", "200", "--markdown"],
    ],
  },
  history: {
    title: "Histories of 50,000 concurrent operations, checked against the specification",
    args: [
      "bench/dist/history/main.js",
      ...["--store", "sqlite,redis,redis-cluster,postgres,mariadb"],
      ...["--processes", "4", "--operations", "50000"],
    ],
  },
  remember: {
    title: "Remembered devices: 10,000 users and 1,000 thieves",
    args: ["bench/dist/remember/main.js"],
    isMarkdown: true,
  },
  thief: {
    title: "500 random schedules of two browsers and a thief",
    args: [
      ...[...vitest, "--project", "unit"],
      "packages/runtime/test/remember-me-interleavings.test.ts",
    ],
    env: { HOLDFAST_TEST_RUNS: "500" },
  },
  throttle: {
    title: "1,000,000 guesses against 1,000 accounts from 10,000 addresses",
    args: ["bench/dist/throttle/main.js"],
    isMarkdown: true,
  },
  keys: {
    title: "Keys of a key service: rotated, and the service stopped, at 500 requests a second",
    args: [...vitest, "--project", "unit", "packages/runtime/test/keys/under-load.test.ts"],
    env: { HOLDFAST_TEST_KEYS_LOAD: "500x60" },
  },
  csrf: {
    title: "Forged and honest requests in Chromium, from three origins",
    args: [...vitest, "--project", "programs", "packages/runtime/test/csrf.browser.test.ts"],
  },
  sweep: {
    title: "Sweep of 500,000 expired records: the event loop meanwhile",
    args: ["bench/dist/prove/main.js", "sweep", "--count", "500000"],
  },
};

function run({ args, env = {} }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...env },
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    // The page is read elsewhere: no path of the machine that it was made on.
    child.on("close", (code) => resolve({ code, output: output.trim().replaceAll(root, ".") }));
  });
}

/** The command as it stands in PROOF.md. */
function commandOf({ args, env = {} }) {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value} `);
  return `${settings.join("")}node ${args.join(" ")}`;
}

async function sizes() {
  const sizeOf = async (names) => {
    const { outputFiles } = await build({
      stdin: {
        contents: `export { ${names} } from "./packages/runtime/dist/index.js";`,
        resolveDir: root,
      },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      platform: "node",
    });
    return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).byteLength;
  };
  const all = await sizeOf("createSessions, createKeyring");
  return `createSessions and createKeyring: ${all} bytes, minified and gzipped; createSessions alone: ${await sizeOf("createSessions")}.`;
}

const isWriting = process.argv.includes("--write");
const wanted = process.argv.slice(2).filter((word) => word !== "--write");
const unknown = wanted.filter((name) => !Object.hasOwn(proofs, name));
if (unknown.length > 0) {
  process.stderr.write(
    `prove: there is no ${unknown.join(", ")}; choose from ${Object.keys(proofs).join(", ")}\n`,
  );
  process.exit(2);
}

const [{ model = "unknown" } = {}] = cpus();
const machine = `${model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
const { version } = JSON.parse(readFileSync(join(root, "packages/runtime/package.json"), "utf8"));
const parts = [
  "# Proof",
  `Written by \`npm run prove\` for version ${version} on ${new Date().toISOString().slice(0, 10)}; ${machine}.`,
];
const failed = [];
for (const [name, proof] of Object.entries(proofs)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`prove: ${name}\n`);
  const startedAt = performance.now();
  const { code, output } = await run(proof);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (code !== 0) failed.push(name);
  // Tables are Markdown already; the rest is shown as it was printed.
  const isMarkdown = proof.isMarkdown === true || proof.args.includes("--markdown");
  const shown = isMarkdown ? output : `\`\`\`\n${output}\n\`\`\``;
  const day = new Date().toISOString().slice(0, 10);
  const verdict = code === 0 ? "holds" : `FAILS (exit code ${code})`;
  parts.push(
    `## ${proof.title}\n\n\`${commandOf(proof)}\`: ${verdict}, ${seconds} s, ${day}\n\n${shown}`,
  );
}
parts.push(`## Size\n\n${await sizes()}`);
const page = `${parts.join("\n\n")}\n`;
const file = join(root, "PROOF.md");
if (wanted.length === 0) writeFileSync(file, page);
else if (isWriting) writeFileSync(file, withSections(readFileSync(file, "utf8"), parts));
else process.stdout.write(page);

/** The page with these sections in place of those of the same title; new ones go before the last. */
function withSections(before, sections) {
  const kept = before.trimEnd().split(/\n\n(?=## )/);
  for (const section of sections.filter((part) => part.startsWith("## "))) {
    const [title] = section.split("\n", 1);
    const at = kept.findIndex((part) => part.split("\n", 1)[0] === title);
    if (at >= 0) kept[at] = section;
    else kept.splice(-1, 0, section);
  }
  return `${kept.join("\n\n")}\n`;
}
process.stderr.write(
  failed.length === 0 ? "prove: all hold\n" : `prove: ${failed.join(", ")} failed\n`,
);
process.exit(failed.length === 0 ? 0 : 1);
