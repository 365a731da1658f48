/**
 * Every error this package throws. An audited file never causes one: what it says is reported.
 * @module
 */

/** The stable codes, and what each means to the person who sees it. */
export const auditErrors = {
  AUDIT_OPTION: "The command line cannot be understood; the option is named.",
  AUDIT_FOLDER: "The folder to audit is missing, is no folder or cannot be listed.",
  AUDIT_CONFIG: "The configuration file is missing, no JSON, or has a key or value that is none.",
  AUDIT_BASELINE: "The baseline is missing, or was not written by --write-baseline.",
  AUDIT_REPORT: "The stored report is missing, no report, or of a newer major version.",
  AUDIT_GIT: "git could not say which files changed: it is missing, or the revision is unknown.",
  AUDIT_OUTPUT: "The file to write to cannot be written.",
} as const;

export type AuditErrorCode = keyof typeof auditErrors;

/** Names and limits that help a reader act. Never a secret, never an audited file's text. */
export type AuditErrorDetails = Readonly<Record<string, string | number>>;

/** Thrown if an audit cannot run; what an audit finds is a result. */
export class AuditError extends Error {
  override readonly name = "AuditError";
  readonly code: AuditErrorCode;
  readonly details: AuditErrorDetails;

  constructor(
    code: AuditErrorCode,
    message: string,
    details: AuditErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** Why the system refused, as a person says it; drivers' own sentences name the path a second time. */
export function systemReason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
      return "does not exist";
    case "ENOTDIR":
      return "is no folder, or lies below a file";
    case "EISDIR":
      return "is a folder";
    case "EACCES":
    case "EPERM":
      return "may not be accessed by this user";
    case "EFBIG":
      return "is too large";
    case "ELOOP":
      return "is a link, which is not followed";
    default:
      return `failed (${code ?? (error instanceof Error ? error.name : "unknown")})`;
  }
}
