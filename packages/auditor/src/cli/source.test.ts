import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withFiles } from "../collectors/testing.ts";
import { sampleResult } from "../report/testing.ts";
import { run } from "./testing.ts";

const CONFIG = "holdfast-audit.config.json";
const FRAMEWORK = "config/packages/framework.yaml";

/** The sample's fix replaces these five characters from offset 30. */
const FRAMEWORK_TEXT = "framework:\n    session:\n      false\n";

const risk = { reason: "Behind a VPN.", owner: "Ada", until: "2026-12-31" };

describe("holdfast-audit source", () => {
  it("writes the review to standard output and fails by severity", async () => {
    using tree = withFiles({});
    const { exitCode, out, err, asked } = await run(["source", tree.folder]);
    expect([exitCode, err]).toEqual([1, ""]);
    expect(out).toMatch(/^Session management review/);
    expect(asked).toMatchObject({ folder: tree.folder });
    expect(asked).not.toHaveProperty("only");
  });

  it("is clean without findings at or above --fail-on", async () => {
    using tree = withFiles({});
    const codes = [];
    for (const severity of ["info", "critical", "never"]) {
      codes.push((await run(["source", tree.folder, "--fail-on", severity])).exitCode);
    }
    expect(codes).toEqual([1, 1, 0]);
    const { exitCode } = await run(["source", tree.folder], { result: sampleResult([]) });
    expect(exitCode).toBe(0);
  });

  for (const [format, start] of Object.entries({
    terminal: "Session management review",
    json: '{\n  "version": "1.0"',
    sarif: '{\n  "$schema"',
    markdown: "# Session management review",
    html: "<!doctype html>",
  })) {
    it(`writes ${format}, to a file if asked to`, async () => {
      using tree = withFiles({});
      const output = join(tree.folder, "report");
      const to = await run(["source", tree.folder, "--format", format]);
      expect(to.out.startsWith(start)).toBe(true);
      const into = await run(["source", tree.folder, "--format", format, "--output", output]);
      expect([into.out, readFileSync(output, "utf8")]).toEqual(["", to.out]);
    });
  }

  it("colours the terminal alone, unless told", async () => {
    using tree = withFiles({});
    const colored = async (...args: string[]) =>
      (await run(["source", tree.folder, ...args], { outHasColors: true })).out.includes("\u001b[");
    expect(await colored()).toBe(true);
    expect(await colored("--no-color")).toBe(false);
    expect((await run(["source", tree.folder, "--color"])).out).toContain("\u001b[");
    const output = join(tree.folder, "report");
    await colored("--output", output);
    expect(readFileSync(output, "utf8")).not.toContain("\u001b");
  });

  it("tells progress where somebody watches, and takes it away again", async () => {
    using tree = withFiles({});
    const watched = await run(["source", tree.folder], { errIsTerminal: true });
    expect(watched.err).toBe("\r\u001b[KAuditing 0 of 1: shop\r\u001b[K");
    const quiet = await run(["source", tree.folder, "--quiet"], { errIsTerminal: true });
    expect(quiet.err).toBe("");
  });

  it("judges the controls of --only, else those of the configuration", async () => {
    using tree = withFiles({ [CONFIG]: '{ "only": ["strict-mode"], "failOn": "never" }' });
    const configured = await run(["source", tree.folder]);
    expect(configured.asked?.only).toEqual(["strict-mode"]);
    expect(configured.exitCode).toBe(0);
    const given = await run(["source", tree.folder, "--only", "cookie-secure, strict-mode"]);
    expect(given.asked?.only).toEqual(["cookie-secure", "strict-mode"]);
    expect((await run(["source", tree.folder, "--fail-on", "high"])).exitCode).toBe(1);
  });

  it("fails only for what is new since the baseline", async () => {
    using tree = withFiles({});
    const baseline = join(tree.folder, "baseline.json");
    const wrote = await run(["source", tree.folder, "--write-baseline", baseline]);
    expect([wrote.exitCode, wrote.err]).toEqual([0, `Wrote 3 findings to "${baseline}".\n`]);
    expect((await run(["source", tree.folder, "--baseline", baseline])).exitCode).toBe(0);

    const known = JSON.parse(readFileSync(baseline, "utf8")) as { findings: object[] };
    writeFileSync(baseline, JSON.stringify({ ...known, findings: known.findings.slice(0, 1) }));
    const { exitCode, out } = await run(["source", tree.folder, "--baseline", baseline, "--json"]);
    expect(exitCode).toBe(1);
    expect(out).toContain('"status": "known"');
    expect(out).toContain('"status": "new"');
  });

  it("accepts risks until their day, then fails and says so", async () => {
    const accepted = ["cookie-secure", "regenerate-login"].map((control) => ({ ...risk, control }));
    using tree = withFiles({ [CONFIG]: JSON.stringify({ accepted }) });
    expect(await run(["source", tree.folder])).toMatchObject({ exitCode: 0, err: "" });
    const now = () => new Date("2027-01-01T00:00:00Z");
    const late = await run(["source", tree.folder], { now });
    expect(late.exitCode).toBe(1);
    expect(late.err).toContain("The acceptance of cookie-secure by Ada ended on 2026-12-31");
  });

  it("says which acceptance is of nothing any more", async () => {
    const accepted = [{ ...risk, control: "strict-mode" }];
    using tree = withFiles({ [CONFIG]: JSON.stringify({ accepted }) });
    const { err } = await run(["source", tree.folder]);
    expect(err).toContain("Nothing is found any more of strict-mode");
    const some = await run(["source", tree.folder, "--only", "cookie-secure"]);
    expect(some.err).toBe("");
  });

  it("leaves out what the configuration excludes, by whole names", async () => {
    using tree = withFiles({ [CONFIG]: '{ "exclude": ["config/", "sit"] }' });
    const { out } = await run(["source", tree.folder]);
    expect(out).toContain("Findings are shown of the whole folder, without config and sit.");
    expect(out).not.toContain(`${FRAMEWORK}:3:5`);
    expect(out).toContain("Phalcon application in site/");
  });

  it("shows only what is in changed files, and fails only for that", async () => {
    using tree = withFiles({ [FRAMEWORK]: FRAMEWORK_TEXT, "README.md": "" });
    const git = (...args: string[]) => execFileSync("git", args, { cwd: tree.folder });
    git("init", "-q");
    git("add", FRAMEWORK);
    const { exitCode, out } = await run(["source", tree.folder, "--staged"]);
    expect(exitCode).toBe(1);
    expect(out).toContain("Findings are shown of 1 staged file.");
    expect(out).toContain(`${FRAMEWORK}:3:5`);
    expect(out).not.toContain("SignInController.php:40:9");
    git("rm", "-q", "--cached", FRAMEWORK);
    git("add", "README.md");
    const unaudited = await run(["source", tree.folder, "--staged"]);
    expect([unaudited.exitCode, unaudited.asked]).toEqual([0, undefined]);
    expect(unaudited.out).toContain("There is nothing to audit in what is looked at.");
  });

  it("prints a patch of what is safe to change, and lists the rest", async () => {
    using tree = withFiles({ [FRAMEWORK]: FRAMEWORK_TEXT });
    const { exitCode, out, err } = await run(["source", tree.folder, "--fix"]);
    expect(out).toBe(`--- a/${FRAMEWORK}
+++ b/${FRAMEWORK}
@@ -1,3 +1,3 @@
 framework:
     session:
-      false
+      auto
`);
    expect(err).toBe(
      "The patch mends 1 of 2 findings.\nLeft to do by hand:\n  src/Controller/SignInController.php:40 regenerate-login: Call $request->getSession()->migrate(true) after the token is written.\n",
    );
    expect(exitCode).toBe(1);
    expect(readFileSync(join(tree.folder, FRAMEWORK), "utf8")).toBe(FRAMEWORK_TEXT);
  });

  it("is clean if the patch mends all that fails", async () => {
    const accepted = [{ ...risk, control: "regenerate-login" }];
    using tree = withFiles({
      [CONFIG]: JSON.stringify({ accepted }),
      [FRAMEWORK]: FRAMEWORK_TEXT,
    });
    const output = join(tree.folder, "fix.patch");
    const { exitCode, out } = await run(["source", tree.folder, "--fix", "--output", output]);
    expect([exitCode, out, existsSync(output)]).toEqual([0, "", true]);
  });

  const impossible: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["no folder", [], /^DIR is missing: a folder to audit\./],
    ["two folders", [".", ".."], /only one DIR/],
    ["an empty folder's name", [""], /DIR is empty; is a variable missing\?/],
    ["a folder that is not there", ["no/such"], /^"no\/such" does not exist; name the folder/],
    ["a file for a folder", ["package.json"], /^"package.json" is no folder; name/],
    ["an unknown option", [".", "--formt", "json"], /Unknown option '--formt'/],
    ["an unknown format", [".", "--format", "pdf"], /--format must be one of terminal, json/],
    ["--json with another format", [".", "--json", "--format", "html"], /exclude each other/],
    ["an unknown severity", [".", "--fail-on", "bad"], /--fail-on must be one of info, low/],
    ["an unknown control", [".", "--only", "cookie"], /--only names "cookie", which is no control/],
    ["an empty value", [".", "--output", ""], /--output is empty; is a variable missing\?/],
    ["both colours", [".", "--color", "--no-color"], /exclude each other/],
    ["--diff and --staged", [".", "--diff", "x", "--staged"], /exclude each other/],
    ["a patch in a format", [".", "--fix", "--json"], /--fix prints a patch/],
    [
      "a baseline of changed files",
      [".", "--staged", "--write-baseline", "b"],
      /remembers the whole folder/,
    ],
    ["a baseline that is not there", [".", "--baseline", "no.json"], /write one with --write-b/],
    ["a baseline that is none", [".", "--baseline", "package.json"], /is no baseline/],
    ["a configuration that is not there", [".", "--config", "no.json"], /does not exist; name/],
    ["an output that cannot be", [".", "--output", "no/such/file"], /"no\/such\/file" does not/],
  ];
  for (const [title, args, message] of impossible) {
    it(`cannot run with ${title}, and says what to do`, async () => {
      const { exitCode, out, err } = await run(["source", ...args]);
      expect([exitCode, out]).toEqual([2, ""]);
      expect(err).toMatch(message);
    });
  }

  it("refuses a risk of a control that does not exist", async () => {
    const accepted = [{ ...risk, control: "cookie-sekure" }];
    using tree = withFiles({ [CONFIG]: JSON.stringify({ accepted }) });
    const { exitCode, err } = await run(["source", tree.folder]);
    expect(exitCode).toBe(2);
    expect(err).toContain('"accepted" names "cookie-sekure", which is no control.');
  });

  it("says that a folder cannot be listed", async () => {
    using tree = withFiles({});
    const failure = Object.assign(new Error("EACCES: …"), { code: "EACCES" });
    const { exitCode, err } = await run(["source", tree.folder], { failure });
    expect(exitCode).toBe(2);
    expect(err).toContain(
      "may not be accessed by this user; name a folder that this user may read",
    );
  });
});
