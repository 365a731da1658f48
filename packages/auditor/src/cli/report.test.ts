import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withFiles } from "../collectors/testing.ts";
import { renderHtml } from "../report/html.ts";
import { renderJson } from "../report/json.ts";
import { sampleReport } from "../report/testing.ts";
import { run } from "./testing.ts";

describe("holdfast-audit report", () => {
  it("renders a stored report in every format as if it had just been made", async () => {
    using tree = withFiles({ "r.json": renderJson(sampleReport()) });
    const file = join(tree.folder, "r.json");
    const html = await run(["report", file, "--format", "html"]);
    expect(html).toMatchObject({ exitCode: 0, err: "", out: renderHtml(sampleReport()) });
    expect((await run(["report", file])).out).toMatch(/^Session management review/);
    expect((await run(["report", file, "--json"])).out).toBe(renderJson(sampleReport()));
  });

  it("says what is wrong with the file", async () => {
    using tree = withFiles({ "r.json": "{}" });
    const file = join(tree.folder, "r.json");
    expect(await run(["report", file])).toMatchObject({
      exitCode: 2,
      out: "",
      err: `"${file}" is no report; store one with --format json.\n`,
    });
    expect((await run(["report", tree.folder])).err).toContain("is a folder; name a report");
    expect((await run(["report"])).err).toContain("FILE is missing");
    writeFileSync(file, renderJson(sampleReport()).replace('"1.0"', '"2.0"'));
    expect((await run(["report", file])).err).toContain("reads version 1; update it");
  });
});
