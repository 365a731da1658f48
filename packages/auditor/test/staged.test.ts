/**
 * What a commit hook shows: files are called files, and nothing is said of an application that nobody looked at.
 * @module
 */
import { expect, it } from "vitest";
import { auditSource } from "../src/audit.ts";
import { withFiles } from "../src/collectors/testing.ts";
import { buildReport } from "../src/report/build-report.ts";
import { renderHtml } from "../src/report/html.ts";
import { renderMarkdown } from "../src/report/markdown.ts";
import { renderTerminal } from "../src/report/terminal.ts";

async function reports(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  using tree = withFiles(files);
  const result = await auditSource({ folder: tree.folder, files: Object.keys(files) });
  const report = buildReport(result, { now: new Date(0), toolVersion: "1.0.0" });
  return [renderTerminal(report, { color: false }), renderMarkdown(report), renderHtml(report)];
}

const files = {
  "src/A.php": "<?php\nsession_start();\n",
  "b.js": 'res.cookie("connect.sid", id);\n',
};

it("names the files and what is wrong in them", async () => {
  for (const text of await reports(files)) {
    expect(text).toContain("PHP files");
    expect(text).toContain("JavaScript and TypeScript files");
    expect(text).toMatch(/session\\?_start\(\)/);
    expect(text).not.toMatch(/keeps no sessions|application at the root|No sessions were found/);
  }
});

it("says that nothing fails where nothing does", async () => {
  for (const text of await reports({ "src/A.php": "<?php echo 1;\n" })) {
    expect(text).toMatch(/No control fails|no control fails/);
    expect(text).not.toMatch(/keeps no sessions|application at the root|No sessions were found/);
  }
});
