import { describe, expect, it } from "vitest";
import { run } from "./cli/testing.ts";

describe("holdfast-audit", () => {
  it("prints help and version", async () => {
    for (const help of ["--help", "-h", "help"]) {
      expect(await run([help])).toMatchObject({
        exitCode: 0,
        err: "",
        out: expect.stringContaining("Usage: holdfast-audit <command>"),
      });
    }
    expect((await run(["source", "--help"])).out).toContain("--write-baseline FILE");
    expect((await run(["report", "-h"])).out).toContain("Usage: holdfast-audit report FILE");
    expect((await run(["--version"])).out).toBe("0.1.0\n");
  });

  it("does not know other commands, and says which there are", async () => {
    const { exitCode, out, err } = await run(["sourcé\u001b[2J"]);
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toContain('There is no command "sourcé\\u{1b}[2J".');
    expect((await run([])).exitCode).toBe(2);
  });

  it("tells every option that source reads in its help", async () => {
    const { out } = await run(["source", "--help"]);
    for (const option of [
      ...["format", "json", "output", "color", "no-color", "quiet", "fail-on", "only", "baseline"],
      ...["write-baseline", "config", "diff", "staged", "fix"],
    ]) {
      expect(out).toContain(`--${option}`);
    }
  });

  it("tells a fault of its own from one of the command line", async () => {
    const { exitCode, err } = await run(["source", "."], { failure: new TypeError("boom") });
    expect(exitCode).toBe(2);
    expect(err).toMatch(/^The audit itself failed.*please report it:\nTypeError: boom/);
  });
});
