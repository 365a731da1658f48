/**
 * Reports that were stored by any version of the format still render in every format.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderHtml } from "./html.ts";
import { renderJson } from "./json.ts";
import { renderMarkdown } from "./markdown.ts";
import { parseReport } from "./read-report.ts";
import type { Report } from "./report.ts";
import { renderSarif } from "./sarif.ts";
import { renderTerminal } from "./terminal.ts";

const folder = new URL("fixtures/", import.meta.url);

const renderers: Readonly<Record<string, (report: Report) => string>> = {
  terminal: (report) => renderTerminal(report, { color: false }),
  json: renderJson,
  sarif: renderSarif,
  markdown: renderMarkdown,
  html: renderHtml,
};

describe("a stored report", () => {
  const files = readdirSync(folder);

  it("is kept for each version", () => {
    expect(files).toContain("report-1.0.json");
  });

  for (const file of files) {
    const report = () => parseReport(readFileSync(new URL(file, folder), "utf8"), file);
    for (const [format, render] of Object.entries(renderers)) {
      it(`${file} renders as ${format}, with what fails and where`, () => {
        const text = render(report());
        expect(text).toContain("cookie-secure");
        expect(text).toContain("config/packages/framework.yaml");
      });
    }
  }
});
