import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import type { ReportFinding } from "./report.ts";
import { renderSarif } from "./sarif.ts";
import { sampleReport } from "./testing.ts";
import { sarifSchema } from "./testing-sarif-schema.ts";

const ajv = new Ajv2020({ strict: true });
formats.default(ajv);
const validate = ajv.compile(sarifSchema);

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly kind: string;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly baselineState?: string;
  readonly locations: readonly {
    readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
  }[];
}

function runOf(text: string) {
  const log = JSON.parse(text) as {
    runs: {
      results: Result[];
      tool: { driver: { rules: { id: string; properties: Record<string, unknown> }[] } };
    }[];
  };
  const [run] = log.runs;
  if (run === undefined) throw new Error("there is one run");
  return { log, results: run.results, rules: run.tool.driver.rules };
}

const report = sampleReport();

function withFindings(change: Partial<ReportFinding>) {
  return {
    ...report,
    applications: report.applications.map((application) => ({
      ...application,
      controls: application.controls.map((control) => ({
        ...control,
        findings: control.findings.map((finding) => ({ ...finding, ...change })),
      })),
    })),
  };
}

describe("renderSarif", () => {
  const { log, results, rules } = runOf(renderSarif(report));

  it("has the structure that SARIF 2.1.0 asks for", () => {
    expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
  });

  it("has one rule for each control, and results that point to theirs", () => {
    expect(rules.map(({ id }) => id)).toEqual([
      "cookie-samesite",
      "cookie-secure",
      "strict-mode",
      "regenerate-login",
      "regenerate-role-change",
    ]);
    for (const { ruleId, ruleIndex } of results) expect(rules[ruleIndex]?.id).toBe(ruleId);
  });

  it("rates rules as code scanning reads it", () => {
    expect(rules[1]?.properties).toEqual({
      tags: ["security", "session", "external/cwe/cwe-614"],
      precision: "very-high",
      "security-severity": "8.0",
    });
  });

  it("gives failures a level, reviews a kind, and passes nothing", () => {
    expect(results.map(({ ruleId, kind, level }) => [ruleId, kind, level])).toEqual([
      ["cookie-samesite", "review", "none"],
      ["cookie-secure", "fail", "error"],
      ["regenerate-login", "fail", "error"],
    ]);
  });

  it("says value, origin and fix in the message", () => {
    expect(results[1]?.message.text).toBe(
      "The browser sends the cookie by plain http too. Found: no Secure attribute (default of symfony/framework-bundle 5.4.21, since nothing sets it). Set the Secure attribute in production.",
    );
  });

  it("carries the fingerprint", () => {
    const [, secure] = report.applications[0]?.controls ?? [];
    expect(results[1]?.partialFingerprints).toEqual({
      "holdfastAudit/v1": secure?.findings[0]?.fingerprint,
    });
  });

  it("suppresses what is accepted, and marks what the baseline has", () => {
    const acceptance = { reason: "Behind a VPN", owner: "Ada", until: "2026-12-31" };
    const accepted = runOf(renderSarif(withFindings({ status: "accepted", acceptance })));
    expect(validate(accepted.log), JSON.stringify(validate.errors)).toBe(true);
    expect(accepted.results[1]).toMatchObject({
      suppressions: [
        {
          kind: "external",
          status: "accepted",
          justification: "Behind a VPN. Accepted by Ada until 2026-12-31.",
        },
      ],
    });
    const known = runOf(renderSarif(withFindings({ status: "known" }))).results[0];
    const fresh = runOf(renderSarif(withFindings({ status: "new" }))).results[0];
    expect([known?.baselineState, fresh?.baselineState]).toEqual(["unchanged", "new"]);
    expect(results[0]?.baselineState).toBeUndefined();
  });

  it("writes names as relative references, whatever they hold", () => {
    const hostile = runOf(renderSarif(withFindings({ file: "a b/c:d?e#f%\u001b[2J\ud800.php" })));
    expect(validate(hostile.log), JSON.stringify(validate.errors)).toBe(true);
    expect(hostile.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toBe(
      "a%20b/c%3Ad%3Fe%23f%25%1B%5B2J%EF%BF%BD.php",
    );
  });

  it("tells what could not be read", () => {
    expect(renderSarif(report)).toContain("Not read in full: line 3 is no PHP.");
  });
});
