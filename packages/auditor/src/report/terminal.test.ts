import { describe, expect, it } from "vitest";
import type { Report } from "./report.ts";
import { renderTerminal } from "./terminal.ts";
import { sampleReport } from "./testing.ts";
import { emptyEvidence } from "./testing-evidence.ts";

const report = sampleReport();
const text = renderTerminal(report, { color: false });

/** The report with every finding's status, file and message changed. */
function withFindings(change: object): Report {
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

describe("renderTerminal", () => {
  it("begins with what came out", () => {
    expect(text.split("\n").slice(0, 4)).toEqual([
      "Session management review  holdfast-audit 0.1.0, 42 files",
      "",
      "  2 controls fail   1 critical   1 high ",
      "  1 to review, 6 pass, 6 not applicable",
    ]);
  });

  it("shows failures by severity, worst first, then what to review", () => {
    const marks = [" CRITICAL ", " HIGH ", " TO REVIEW ", "Passes: strict-mode"];
    const places = marks.map((mark) => text.indexOf(mark));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((left, right) => left - right)).toEqual(places);
  });

  it("says where, what is in effect and why, what follows, and what to write", () => {
    expect(text).toContain(`  ✖ cookie-secure is not as it should be  cookie-secure
    config/packages/framework.yaml:3:5
      found   no Secure attribute (default of symfony/framework-bundle 5.4.21, since nothing sets
              it)
      why     The browser sends the cookie by plain http too.
      fix     Set the Secure attribute in production.
              │ framework:
              │     session:
              │         cookie_secure: auto
`);
  });

  it("wraps at the width that it is given", () => {
    const long = renderTerminal(report, { color: false, width: 60 })
      .split("\n")
      .filter((line) => line.length > 60 && line.trim().includes(" "));
    // Code and headlines stay on one line: half of a setting is worse than a long line.
    expect(long.filter((line) => !/│|✖|holdfast-audit|application at/.test(line))).toEqual([]);
  });

  it("has no colours unless asked for", () => {
    expect(text).not.toContain("\u001b");
    expect(renderTerminal(report, { color: true })).toContain("\u001b[1;97;41m CRITICAL \u001b[0m");
  });

  it("leaves advice and passes out when quiet", () => {
    const quiet = renderTerminal(report, { color: false, quiet: true });
    expect(quiet).toContain("config/packages/framework.yaml:3:5");
    expect(quiet).not.toMatch(/fix {3}|Passes:|cookie_secure: auto/);
  });

  it("tells known and accepted findings without showing them again", () => {
    const known = renderTerminal(withFindings({ status: "known" }), { color: false });
    expect(known).not.toContain("config/packages/framework.yaml:3:5");
    expect(known).toContain("1 more in the baseline");
    const acceptance = { reason: "Behind a VPN.", owner: "Ada", until: "2026-12-31" };
    const accepted = renderTerminal(withFindings({ status: "accepted", acceptance }), {
      color: false,
    });
    expect(accepted).toContain("accepted by Ada until 2026-12-31: Behind a VPN.");
  });

  it("lets nothing of the audited tree steer the terminal", () => {
    const hostile = withFindings({
      file: "a\u001b]0;owned\u0007\n\u202eb.php",
      value: "\u009b31m",
      message: "\u001b[2J",
      origin: "\u001bc",
      fix: { text: "\u001b[8m", code: "one\n\u001b[2Jtwo" },
    });
    const shown = renderTerminal(hostile, { color: false });
    expect(shown).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(shown).toContain("a\\u{1b}]0;owned\\u{7} \\u{202e}b.php:3:5");
  });

  it("says that an application keeps no sessions, and that there is none", () => {
    const none = sampleReport([{ evidence: emptyEvidence, judgements: [] }]);
    expect(renderTerminal(none, { color: false })).toContain("It keeps no sessions");
    expect(renderTerminal(sampleReport([]), { color: false })).toContain(
      "No Symfony, Phalcon or Node application was found.",
    );
  });

  it("cuts a long list of places of one control", () => {
    const [application] = report.applications;
    const [, secure] = application?.controls ?? [];
    const [finding] = secure?.findings ?? [];
    if (application === undefined || secure === undefined || finding === undefined) {
      throw new Error("the sample has a finding");
    }
    const findings = Array.from({ length: 12 }, (_, at) => ({ ...finding, line: 100 + at }));
    const applications = [{ ...application, controls: [{ ...secure, findings }] }];
    const shown = renderTerminal({ ...report, applications }, { color: false });
    expect(shown).toContain(":109:5");
    expect(shown).not.toContain(":110:5");
    expect(shown).toContain("    and 2 more places; --format html or json lists all");
  });

  it("cuts a long list of unread files", () => {
    const unread = Array.from({ length: 13 }, (_, at) => ({
      file: `f${at}.php`,
      why: "is broken",
    }));
    expect(renderTerminal({ ...report, unread }, { color: false })).toMatch(
      /f9\.php: is broken\n {2}and 3 more files;/,
    );
  });
});
