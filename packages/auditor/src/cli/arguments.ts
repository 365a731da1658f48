/**
 * The command lines, and what is wrong with them.
 * @module
 */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { AuditError } from "../errors.ts";
import type { Severity } from "../report/report.ts";
import { FORMATS, type Format, type Presentation } from "./format.ts";

export const FAIL_ON = ["info", "low", "medium", "high", "critical", "never"] as const;

export type FailOn = Severity | "never";

export interface SourceArguments extends Presentation {
  readonly folder: string;
  /** Unless given, the configuration file decides. */
  readonly failOn: FailOn | undefined;
  readonly only: readonly string[] | undefined;
  readonly baseline: string | undefined;
  readonly writeBaseline: string | undefined;
  readonly config: string | undefined;
  readonly changes: { readonly since: string } | "staged" | undefined;
  readonly fix: boolean;
  readonly isRemembered: boolean;
}

export interface ReportArguments extends Presentation {
  readonly file: string;
}

const PRESENTATION = {
  format: { type: "string" },
  json: { type: "boolean" },
  output: { type: "string" },
  color: { type: "boolean" },
  "no-color": { type: "boolean" },
  quiet: { type: "boolean" },
} as const;

const SOURCE = {
  ...PRESENTATION,
  "fail-on": { type: "string" },
  only: { type: "string" },
  baseline: { type: "string" },
  "write-baseline": { type: "string" },
  config: { type: "string" },
  diff: { type: "string" },
  staged: { type: "boolean" },
  fix: { type: "boolean" },
  "no-cache": { type: "boolean" },
} as const;

/** @throws {AuditError} `AUDIT_OPTION` */
export function readSourceArguments(args: readonly string[]): SourceArguments {
  const { values, positionals } = parsed(args, SOURCE);
  const text = textOf(values);
  const is = flagsOf(values);
  const [since, writeBaseline] = [text("diff"), text("write-baseline")];
  if (since !== undefined && is("staged")) throw wrong("--diff and --staged exclude each other.");
  if (writeBaseline !== undefined && (since !== undefined || is("staged"))) {
    throw wrong("--write-baseline remembers the whole folder; leave --diff and --staged out.");
  }
  if (is("fix") && (text("format") !== undefined || is("json"))) {
    throw wrong("--fix prints a patch, which has no --format; leave one of them out.");
  }
  const failOn = text("fail-on");
  if (failOn !== undefined && !isFailOn(failOn)) {
    throw wrong(`--fail-on must be one of ${FAIL_ON.join(", ")}.`);
  }
  return {
    ...presentationOf(values),
    folder: onlyOne(positionals, "a folder to audit", "DIR"),
    failOn,
    only: listOf(text("only")),
    baseline: text("baseline"),
    writeBaseline,
    config: text("config"),
    changes: is("staged") ? "staged" : since === undefined ? undefined : { since },
    fix: is("fix"),
    isRemembered: !is("no-cache"),
  };
}

/** @throws {AuditError} `AUDIT_OPTION` */
export function readReportArguments(args: readonly string[]): ReportArguments {
  const { values, positionals } = parsed(args, PRESENTATION);
  return {
    ...presentationOf(values),
    file: onlyOne(positionals, "a report stored with --format json", "FILE"),
  };
}

export function isFailOn(text: string): text is FailOn {
  return FAIL_ON.some((known) => known === text);
}

type Values = Readonly<Record<string, unknown>>;

function parsed(args: readonly string[], options: NonNullable<ParseArgsConfig["options"]>) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values as Values, positionals };
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

/** @throws {AuditError} For an empty value: in scripts that is a variable that is missing. */
function textOf(values: Values): (name: string) => string | undefined {
  return (name) => {
    const value = values[name];
    if (value === "") throw wrong(`--${name} is empty; is a variable missing?`);
    return typeof value === "string" ? value : undefined;
  };
}

function flagsOf(values: Values): (name: string) => boolean {
  return (name) => values[name] === true;
}

function presentationOf(values: Values): Presentation {
  const text = textOf(values);
  const is = flagsOf(values);
  const format = text("format") ?? (is("json") ? "json" : "terminal");
  if (!isFormat(format)) throw wrong(`--format must be one of ${FORMATS.join(", ")}.`);
  if (is("json") && format !== "json")
    throw wrong(`--json and --format ${format} exclude each other.`);
  if (is("color") && is("no-color")) throw wrong("--color and --no-color exclude each other.");
  return {
    format,
    output: text("output"),
    color: is("color") ? true : is("no-color") ? false : undefined,
    quiet: is("quiet"),
  };
}

function isFormat(text: string): text is Format {
  return FORMATS.some((known) => known === text);
}

function onlyOne(positionals: readonly string[], what: string, name: string): string {
  const [first, ...rest] = positionals;
  if (first === undefined) throw wrong(`${name} is missing: ${what}.`);
  if (first === "") throw wrong(`${name} is empty; is a variable missing?`);
  if (rest.length > 0) throw wrong(`There are too many arguments: only one ${name} can be given.`);
  return first;
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function wrong(message: string): AuditError {
  return new AuditError("AUDIT_OPTION", message);
}
