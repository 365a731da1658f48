import { describe, expect, it } from "vitest";
import { buildReport } from "./build-report.ts";
import { SAMPLE_TIME, sampleReport, sampleResult } from "./testing.ts";

describe("buildReport", () => {
  const report = sampleReport();
  const [shop, api, site] = report.applications;

  it("says by what and when it was made, in which format", () => {
    expect(report).toMatchObject({
      version: "1.0",
      tool: { name: "@holdfast/auditor", version: "0.1.0" },
      createdAt: "2026-03-01T12:00:00.000Z",
    });
  });

  it("counts verdicts over all applications", () => {
    expect(report.counts).toEqual({ files: 42, pass: 6, fail: 2, review: 1, notApplicable: 6 });
  });

  it("words the origin of each value", () => {
    const findings = shop?.controls.flatMap((control) => control.findings) ?? [];
    expect(findings.map(({ origin }) => origin)).toEqual([
      "decided at deployment by the variable COOKIE_SAMESITE, which the repository gives no value (config/packages/framework.yaml:5)",
      "default of symfony/framework-bundle 5.4.21, since nothing sets it",
      "written here",
    ]);
  });

  it("gives each finding a fingerprint of its own", () => {
    const fingerprints = report.applications.flatMap(({ controls }) =>
      controls.flatMap(({ findings }) => findings.map(({ fingerprint }) => fingerprint)),
    );
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
    expect(fingerprints.every((each) => /^[0-9a-f]{32}$/.test(each))).toBe(true);
  });

  it("tells equal findings of two applications apart", () => {
    const [application] = sampleResult().applications;
    if (application === undefined) throw new Error("the sample has applications");
    const twice = sampleReport([application, application]).applications.map(
      ({ controls }) => controls[1]?.findings[0]?.fingerprint,
    );
    expect(twice[0]).toBe(shop?.controls[1]?.findings[0]?.fingerprint);
    expect(twice[1]).not.toBe(twice[0]);
  });

  it("says whether sessions are kept, and where", () => {
    expect(shop).toMatchObject({
      keepsSessions: true,
      sessions: [
        {
          library: "symfony/framework-bundle 5.4.21",
          file: "config/packages/framework.yaml",
          line: 3,
        },
      ],
    });
    expect(api?.keepsSessions).toBe(true);
    expect(site).toMatchObject({ keepsSessions: false, sessions: [] });
  });

  it("lists what is not supported and what could not be read once", () => {
    expect(report.unsupported).toEqual(["legacy/: a CakePHP application"]);
    const unread = [{ file: "src/Broken.php", why: "line 3 is no PHP" }];
    const result = { ...sampleResult(), unread };
    expect(buildReport(result, { now: SAMPLE_TIME, toolVersion: "0" }).unread).toEqual(unread);
  });

  it("takes the severity of the case over that of the control", () => {
    const [application] = sampleResult().applications;
    if (application === undefined) throw new Error("the sample has applications");
    const judgements = application.judgements.map(({ control, judgement }) => ({
      control,
      judgement: { ...judgement, severity: "info" as const },
    }));
    const [milder] = sampleReport([{ ...application, judgements }]).applications;
    expect(new Set(milder?.controls.map(({ severity }) => severity))).toEqual(new Set(["info"]));
  });
});
