/**
 * Reads a stored report, held against the published schema: whoever stored it may have been anybody.
 * @module
 */
import { readFileSync } from "node:fs";
import { AuditError } from "../errors.ts";
import type { Report } from "./report.ts";

/** The words of JSON Schema (2020-12) that our schema uses; a test fails if it uses another. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: "object" | "array" | "string" | "integer" | "boolean";
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
}

/** The published schema; it lies beside the sources as beside what is built of them. */
export function reportSchema(): Schema {
  const place = new URL("../../schema/report-1.0.schema.json", import.meta.url);
  return JSON.parse(readFileSync(place, "utf8")) as Schema;
}

/**
 * Takes every version 1: fields that a later minor version added are not looked at.
 *
 * @param name Of the file, for the message.
 * @throws {AuditError} `AUDIT_REPORT`
 */
export function parseReport(text: string, name: string): Report {
  const wrong = (what: string) => new AuditError("AUDIT_REPORT", `"${name}" ${what}`, { name });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong("is no JSON; store a report with --format json.");
  }
  const version = versionOf(value);
  if (version === undefined) throw wrong("is no report; store one with --format json.");
  if (!/^1\.\d+$/.test(version)) {
    throw wrong(`has version ${version}, and this program reads version 1; update it.`);
  }
  const report = { ...(value as object), version: "1.0" };
  const schema = reportSchema();
  const fault = faultOf(report, schema, schema, "report");
  if (fault !== undefined) throw wrong(`is no report: ${fault}.`);
  return report as unknown as Report;
}

function versionOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version } = value as { version?: unknown };
  return typeof version === "string" ? version : undefined;
}

/** @returns What is wrong with a value, or `undefined`. Fields that the schema does not name are let be. */
function faultOf(value: unknown, schema: Schema, root: Schema, path: string): string | undefined {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace("#/$defs/", "")];
    return target === undefined ? undefined : faultOf(value, target, root, path);
  }
  if (schema.const !== undefined && value !== schema.const) return `${path} is not ${schema.const}`;
  if (schema.enum?.includes(value) === false) return `${path} is none of ${schema.enum.join(", ")}`;
  switch (schema.type) {
    case undefined:
      return undefined;
    case "array":
      return Array.isArray(value)
        ? firstFault(value, (each, at) => faultOf(each, schema.items ?? {}, root, `${path}[${at}]`))
        : `${path} is no list`;
    case "object":
      return objectFault(value, schema, root, path);
    case "integer": {
      const isRight = Number.isSafeInteger(value) && Number(value) >= (schema.minimum ?? 0);
      return isRight ? undefined : `${path} is no whole number from ${schema.minimum ?? 0}`;
    }
    default:
      return typeof value === schema.type ? undefined : `${path} is no ${schema.type}`;
  }
}

function objectFault(
  value: unknown,
  schema: Schema,
  root: Schema,
  path: string,
): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `${path} is no object`;
  }
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = required.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) return `${path}.${missing} is missing`;
  return firstFault(Object.entries(value), ([key, each]) => {
    const own = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const known =
      own ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    return known === undefined ? undefined : faultOf(each, known, root, `${path}.${key}`);
  });
}

function firstFault<T>(
  values: readonly T[],
  fault: (value: T, at: number) => string | undefined,
): string | undefined {
  for (const [at, value] of values.entries()) {
    const found = fault(value, at);
    if (found !== undefined) return found;
  }
  return undefined;
}
