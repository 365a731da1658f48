/**
 * The report as SARIF 2.1.0, as code-scanning services read it. Passes are no results there.
 * @module
 */
import { cleanJson, cleanLine } from "./clean-text.ts";
import type { Report, ReportControl, ReportFinding, Severity } from "./report.ts";
import { hasTellingValue, statusOf } from "./selection.ts";
import { withStop } from "./wording.ts";

/** SARIF 2.1.0 3.27.10. */
const LEVELS: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
  info: "note",
};

/** Middle of the ranges that code scanning shows as critical (over 9.0), high, medium and low. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "2.5",
  info: "0.5",
};

const PRECISION: Readonly<Record<ReportControl["confidence"], string>> = {
  high: "very-high",
  medium: "high",
  low: "medium",
};

/** Our own name of the fingerprint; the number changes with the way it is made. */
const FINGERPRINT = "holdfastAudit/v1";

/** @returns JSON with a line feed at its end. */
export function renderSarif(report: Report): string {
  const controls = report.applications.flatMap((application) => application.controls);
  const rules = [...new Map(controls.map((control) => [control.id, control])).values()];
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "holdfast-audit",
            fullName: "Holdfast auditor: review of session management",
            organization: "Holdfast",
            version: report.tool.version,
            rules: rules.map(ruleOf),
          },
        },
        automationDetails: { id: "holdfast-audit/source/" },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: true,
            endTimeUtc: report.createdAt,
            toolExecutionNotifications: notificationsOf(report),
          },
        ],
        results: controls
          .filter(({ verdict }) => verdict === "fail" || verdict === "review")
          .flatMap((control) =>
            control.findings.map((finding) =>
              resultOf(control, finding, indexes.get(control.id) ?? 0),
            ),
          ),
      },
    ],
  };
  return `${cleanJson(JSON.stringify(log, null, 2))}\n`;
}

function ruleOf(control: ReportControl) {
  const { id, title, failureTitle, severity, covers, asvs, wstg, cwe, verification } = control;
  const references = [
    ...asvs.map((section) => `ASVS 5.0, ${section}`),
    ...wstg,
    ...cwe.map((number) => `CWE-${number}`),
    ...covers,
  ];
  const how = `How to verify: ${verification}`;
  return {
    id,
    name: pascalCase(id),
    shortDescription: { text: withStop(failureTitle) },
    fullDescription: { text: `Asked: ${withStop(title)}` },
    help: {
      text: `Asked: ${withStop(title)}\n\n${how}\n\n${references.join(", ")}`,
      markdown: `**Asked:** ${withStop(title)}\n\n**How to verify:** ${verification}\n\n${references.join(", ")}`,
    },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      tags: ["security", "session", ...cwe.map((number) => `external/cwe/cwe-${number}`)],
      precision: PRECISION[control.confidence],
      "security-severity": SECURITY_SEVERITY[severity],
    },
  };
}

function resultOf(control: ReportControl, finding: ReportFinding, ruleIndex: number) {
  const { file, line, column, message, fix, fingerprint, acceptance } = finding;
  const isFailure = control.verdict === "fail";
  const found = hasTellingValue(finding) ? ` Found: ${finding.value} (${finding.origin}).` : "";
  const advice = fix === undefined ? "" : ` ${withStop(fix.text)}`;
  const status = statusOf(finding);
  return {
    ruleId: control.id,
    ruleIndex,
    // A kind other than "fail" has no level but "none" (3.27.10).
    kind: isFailure ? "fail" : "review",
    level: isFailure ? LEVELS[control.severity] : "none",
    message: { text: cleanLine(`${withStop(message)}${found}${advice}`) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file), uriBaseId: "%SRCROOT%" },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
    partialFingerprints: { [FINGERPRINT]: fingerprint },
    ...(finding.status === undefined
      ? {}
      : { baselineState: status === "new" ? "new" : "unchanged" }),
    ...(status === "accepted" && acceptance !== undefined
      ? {
          suppressions: [
            {
              kind: "external",
              status: "accepted",
              justification: cleanLine(
                `${withStop(acceptance.reason)} Accepted by ${acceptance.owner} until ${acceptance.until}.`,
              ),
            },
          ],
        }
      : {}),
    ...(fix?.edit === undefined ? {} : { fixes: [fixOf(fix.text, fix.edit)] }),
    properties: {
      severity: control.severity,
      confidence: control.confidence,
      value: cleanLine(finding.value),
      origin: cleanLine(finding.origin),
    },
  };
}

function fixOf(
  text: string,
  edit: {
    readonly file: string;
    readonly start: number;
    readonly end: number;
    readonly text: string;
  },
) {
  return {
    description: { text: cleanLine(text) },
    artifactChanges: [
      {
        artifactLocation: { uri: uriOf(edit.file), uriBaseId: "%SRCROOT%" },
        replacements: [
          {
            deletedRegion: { charOffset: edit.start, charLength: edit.end - edit.start },
            insertedContent: { text: edit.text },
          },
        ],
      },
    ],
  };
}

function notificationsOf({ unread, unsupported }: Report) {
  return [
    ...unread.map(({ file, why }) => ({
      level: "warning",
      message: { text: cleanLine(`Not read in full: ${withStop(why)}`) },
      locations: [
        { physicalLocation: { artifactLocation: { uri: uriOf(file), uriBaseId: "%SRCROOT%" } } },
      ],
    })),
    ...unsupported.map((what) => ({
      level: "note",
      message: { text: cleanLine(`Not supported: ${withStop(what)}`) },
    })),
  ];
}

/** A relative reference (RFC 3986 4.2): a name may hold a colon or a question mark. */
function uriOf(file: string): string {
  // A lone surrogate has no UTF-8 form, and encodeURIComponent throws on one.
  return file
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .split("/")
    .map(encodeURIComponent)
    .join("/");
}

function pascalCase(id: string): string {
  return id
    .split("-")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}
