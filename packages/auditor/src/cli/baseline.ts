/**
 * The baseline: findings that are known, by fingerprint, so that only new ones fail.
 * @module
 */
import { AuditError, systemReason } from "../errors.ts";
import { cleanJson } from "../report/clean-text.ts";
import type { Report } from "../report/report.ts";
import { readFileBounded } from "./read-file.ts";

const VERSION = "1.0";
const LIMIT_BYTES = 64 * 1024 * 1024;

/** @returns The text of a baseline of everything that fails or is to be reviewed. */
export function baselineOf(report: Report): string {
  const findings = report.applications.flatMap(({ controls }) =>
    controls
      .filter(({ verdict }) => verdict === "fail" || verdict === "review")
      .flatMap(({ id, findings }) =>
        // Control and file are for people who read the file's changes.
        findings.map(({ fingerprint, file }) => ({ fingerprint, control: id, file })),
      ),
  );
  findings.sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  return `${cleanJson(JSON.stringify({ version: VERSION, findings }, null, 2))}\n`;
}

function keyOf(finding: {
  readonly file: string;
  readonly control: string;
  readonly fingerprint: string;
}) {
  return `${finding.file}\0${finding.control}\0${finding.fingerprint}`;
}

/**
 * @returns The fingerprints that are known.
 * @throws {AuditError} `AUDIT_BASELINE`
 */
export function readBaseline(path: string): ReadonlySet<string> {
  const wrong = (what: string, cause?: unknown) =>
    new AuditError(
      "AUDIT_BASELINE",
      `"${path}" ${what}; write one with --write-baseline.`,
      { path },
      { cause },
    );
  let text: string;
  try {
    text = readFileBounded(path, { limitBytes: LIMIT_BYTES }).toString("utf8");
  } catch (error) {
    throw wrong(systemReason(error), error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong("is no JSON", error);
  }
  const fingerprints = fingerprintsIn(value);
  if (fingerprints === undefined) throw wrong("is no baseline");
  return new Set(fingerprints);
}

function fingerprintsIn(value: unknown): string[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, findings } = value as Readonly<Record<string, unknown>>;
  if (version !== VERSION || !Array.isArray(findings)) return undefined;
  const fingerprints = findings.map(
    (finding: { fingerprint?: unknown } | null) => finding?.fingerprint,
  );
  return fingerprints.every((each) => typeof each === "string") ? fingerprints : undefined;
}
