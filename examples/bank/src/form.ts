/**
 * Fields of a submitted form. Whatever was sent, each is a string of bounded length.
 * @module
 */
import type { Request } from "express";

const MAX_LENGTH = 500;

/** @returns The empty string for a field that is missing, repeated or too long. */
export function field(request: Request, name: string): string {
  const fields = request.body as Readonly<Record<string, unknown>> | undefined;
  return bounded(fields?.[name]);
}

/** As {@link field}, from the query. */
export function queryField(request: Request, name: string): string {
  return bounded(request.query[name]);
}

function bounded(value: unknown): string {
  return typeof value === "string" && value.length <= MAX_LENGTH ? value : "";
}
