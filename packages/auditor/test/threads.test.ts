/**
 * Real threads, which only what is built can start.
 * @module
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { collectInTurn } from "../src/collect.ts";
import { withFiles } from "../src/collectors/testing.ts";
import { monorepo } from "../src/testing-monorepo.ts";

const dist = (file: string) => JSON.stringify(new URL(`../dist/${file}`, import.meta.url).href);

const PROGRAM = `
import { collectAtOnce } from ${dist("collect.js")};
import { openTree } from ${dist("collectors/tree.js")};
const { evidence, unread } = await collectAtOnce(openTree(process.argv[2]), { threads: 2 });
process.stdout.write(JSON.stringify({ evidence, unread }));
`;

it("find in threads what is found in turn", async () => {
  using tree = withFiles(monorepo(400));
  using program = withFiles({ "program.mjs": PROGRAM });
  const args = [join(program.folder, "program.mjs"), tree.folder];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 });
  const { evidence, unread } = collectInTurn(tree);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify({ evidence, unread })));
});
