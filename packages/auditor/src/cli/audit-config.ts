/**
 * `holdfast-audit.config.json`: accepted risks, and defaults of the command line. Unknown keys are refused:
 * a misspelt one would accept nothing, or everything.
 * @module
 */
import { AuditError, systemReason } from "../errors.ts";
import { FAIL_ON, type FailOn, isFailOn } from "./arguments.ts";
import { readFileBounded } from "./read-file.ts";

/** Where the configuration is unless `--config` says otherwise, below the audited folder. */
export const CONFIG_FILE = "holdfast-audit.config.json";

const LIMIT_BYTES = 1024 * 1024;

/** A risk that somebody answers for, for a while. */
export interface AcceptedRisk {
  readonly control: string;
  /** Only findings in this file. */
  readonly file?: string;
  /** Only this finding. */
  readonly fingerprint?: string;
  readonly reason: string;
  readonly owner: string;
  /** `YYYY-MM-DD`, in UTC; the day itself still counts. */
  readonly until: string;
}

export interface AuditConfig {
  readonly accepted: readonly AcceptedRisk[];
  readonly failOn?: FailOn;
  readonly only?: readonly string[];
  /** Files and folders, from the audited folder, that are left out. */
  readonly exclude: readonly string[];
}

export const NO_CONFIG: AuditConfig = { accepted: [], exclude: [] };

export interface ConfigPlace {
  readonly path: string;
  /** Whether the command line names it: then it has to be there, and may be a link. */
  readonly isNamed: boolean;
}

/** @throws {AuditError} `AUDIT_CONFIG`, naming the key. */
export function readConfig({ path, isNamed }: ConfigPlace): AuditConfig {
  let text: string;
  try {
    text = readFileBounded(path, { limitBytes: LIMIT_BYTES, followLinks: isNamed }).toString(
      "utf8",
    );
  } catch (error) {
    if (!isNamed && (error as NodeJS.ErrnoException).code === "ENOENT") return NO_CONFIG;
    throw new AuditError(
      "AUDIT_CONFIG",
      `"${path}" ${systemReason(error)}; name the configuration with --config.`,
      { path },
      { cause: error },
    );
  }
  return parseConfig(text, path);
}

/** @throws {AuditError} `AUDIT_CONFIG` */
export function parseConfig(text: string, path: string): AuditConfig {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new AuditError("AUDIT_CONFIG", `"${path}" is no JSON: ${(error as Error).message}`, {
      path,
    });
  }
  const wrong = (rule: string) => new AuditError("AUDIT_CONFIG", `"${path}": ${rule}`, { path });
  const config = record(value, "it", wrong);
  onlyKeys(config, ["$schema", "accepted", "failOn", "only", "exclude"], "", wrong);
  const { accepted = [], failOn, only, exclude = [] } = config;
  if (!Array.isArray(accepted)) throw wrong('"accepted" must be a list.');
  if (failOn !== undefined && (typeof failOn !== "string" || !isFailOn(failOn))) {
    throw wrong(`"failOn" must be one of ${FAIL_ON.join(", ")}.`);
  }
  return {
    accepted: accepted.map((each, at) => acceptedRisk(each, `accepted[${at}]`, wrong)),
    exclude: texts(exclude, "exclude", wrong).map((prefix) => pathPrefix(prefix, wrong)),
    ...(failOn === undefined ? {} : { failOn }),
    ...(only === undefined ? {} : { only: texts(only, "only", wrong) }),
  };
}

type Wrong = (rule: string) => AuditError;

function acceptedRisk(value: unknown, name: string, wrong: Wrong): AcceptedRisk {
  const risk = record(value, `"${name}"`, wrong);
  const needed = ["control", "reason", "owner", "until"] as const;
  onlyKeys(risk, [...needed, "file", "fingerprint"], `${name}.`, wrong);
  const text = (key: string) => {
    const found = risk[key];
    if (typeof found !== "string" || found.trim() === "") {
      throw wrong(`"${name}.${key}" must be a text that is not empty.`);
    }
    return found;
  };
  const optional = (key: "file" | "fingerprint") =>
    risk[key] === undefined ? {} : { [key]: text(key) };
  const until = text("until");
  if (!isDate(until)) throw wrong(`"${name}.until" must be a date such as 2026-12-31.`);
  return {
    control: text("control"),
    reason: text("reason"),
    owner: text("owner"),
    until,
    ...optional("file"),
    ...optional("fingerprint"),
  };
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  // 2026-02-30 would be read as 2 March.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

function pathPrefix(prefix: string, wrong: Wrong): string {
  if (/[*?[\]{}]/.test(prefix)) {
    throw wrong(`"exclude" takes files and folders, no patterns: "${prefix}".`);
  }
  const parts = prefix.replace(/^\.\//, "").replace(/\/+$/, "").split("/");
  if (prefix.startsWith("/") || parts.includes("..") || parts.includes("")) {
    throw wrong(`"exclude" takes paths from the audited folder, with "/": "${prefix}".`);
  }
  return parts.join("/");
}

function record(value: unknown, name: string, wrong: Wrong): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(`${name} must be an object.`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function onlyKeys(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  name: string,
  wrong: Wrong,
): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw wrong(`there is no key "${name}${unknown}"; known are ${known.join(", ")}.`);
  }
}

function texts(value: unknown, name: string, wrong: Wrong): readonly string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string" && each !== "")) {
    throw wrong(`"${name}" must be a list of texts.`);
  }
  return value as readonly string[];
}
