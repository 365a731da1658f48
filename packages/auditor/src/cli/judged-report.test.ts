import { describe, expect, it } from "vitest";
import { sampleReport } from "../report/testing.ts";
import type { AcceptedRisk } from "./audit-config.ts";
import { failuresOf, markKnown, restrict } from "./judged-report.ts";

const report = sampleReport();
const [application] = report.applications;
if (application === undefined) throw new Error("the sample has applications");
const [doubt, secure, , rotation] = application.controls.map(({ findings }) => findings[0]);
if (doubt === undefined || secure === undefined || rotation === undefined) {
  throw new Error("the sample has findings");
}

const now = new Date("2026-12-31T23:59:00Z");
const risk: AcceptedRisk = {
  control: "cookie-secure",
  reason: "Behind a VPN.",
  owner: "Ada",
  until: "2026-12-31",
};

/** Statuses by control. */
function statuses(accepted: readonly AcceptedRisk[], baseline?: ReadonlySet<string>, at = now) {
  const marked = markKnown(report, { baseline, accepted, now: at });
  const byControl = marked.report.applications[0]?.controls.flatMap(({ id, findings }) =>
    findings.map(({ status }) => [id, status]),
  );
  return { ...marked, byControl: Object.fromEntries(byControl ?? []) as Record<string, string> };
}

describe("markKnown", () => {
  it("tells new findings from those in the baseline", () => {
    const { byControl } = statuses([], new Set([secure.fingerprint]));
    expect(byControl).toEqual({
      "cookie-samesite": "new",
      "cookie-secure": "known",
      "regenerate-login": "new",
    });
  });

  it("marks nothing without a baseline", () => {
    expect(Object.values(statuses([]).byControl)).toEqual([undefined, undefined, undefined]);
  });

  it("accepts a risk to the end of its last day, and not after", () => {
    expect(statuses([risk]).byControl["cookie-secure"]).toBe("accepted");
    const late = statuses([risk], undefined, new Date("2027-01-01T00:00:00Z"));
    expect(late.byControl["cookie-secure"]).toBeUndefined();
    expect(late.expired).toEqual([risk]);
  });

  it("accepts only in the file, and only the finding, that the risk names", () => {
    const elsewhere = { ...risk, file: "other.yaml" };
    const here = { ...risk, file: secure.file, fingerprint: secure.fingerprint };
    expect(statuses([elsewhere]).byControl["cookie-secure"]).toBeUndefined();
    expect(statuses([elsewhere]).unused).toEqual([elsewhere]);
    expect(statuses([here]).byControl["cookie-secure"]).toBe("accepted");
    expect(statuses([here]).unused).toEqual([]);
  });

  it("lets an acceptance that holds cover for one that ended", () => {
    const ended = { ...risk, until: "2026-01-01" };
    const { byControl, expired } = statuses([ended, risk]);
    expect(byControl["cookie-secure"]).toBe("accepted");
    expect(expired).toEqual([ended]);
  });
});

describe("failuresOf", () => {
  it("counts what fails at the severity or above, and no reviews", () => {
    expect(failuresOf(report, "info")).toHaveLength(2);
    expect(failuresOf(report, "high")).toHaveLength(2);
    expect(failuresOf(report, "critical")).toEqual([rotation]);
    expect(failuresOf(report, "never")).toEqual([]);
  });

  it("counts neither known nor accepted findings", () => {
    const { report: marked } = statuses([risk], new Set([rotation.fingerprint]));
    expect(failuresOf(marked, "info")).toEqual([]);
  });
});

describe("restrict", () => {
  const narrowed = restrict(report, {
    keepsFile: (file) => file === secure.file,
    keepsApplication: (root) => root !== "site",
    words: "1 staged file",
  });

  it("leaves out findings elsewhere, and controls without any", () => {
    expect(narrowed.applications.map(({ root }) => root)).toEqual([".", "api"]);
    const ids = narrowed.applications[0]?.controls.map(({ id }) => id);
    expect(ids).toEqual([
      "cookie-samesite",
      "cookie-secure",
      "strict-mode",
      "regenerate-role-change",
    ]);
  });

  it("counts anew and says so", () => {
    expect(narrowed.counts).toEqual({ files: 42, pass: 6, fail: 1, review: 1, notApplicable: 1 });
    expect(narrowed.restriction).toBe("1 staged file");
  });

  it("gives no advice on what is left out", () => {
    const { gaps, recommendations } = narrowed.applications[0]?.analysis ?? {};
    const ids = [...(gaps ?? []), ...(recommendations ?? [])].map(({ control }) => control);
    expect(new Set(ids)).toEqual(new Set(["cookie-secure", "cookie-samesite"]));
  });
});
