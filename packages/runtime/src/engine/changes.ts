/**
 * The changes that one request makes to its session's data: applied at once to what the request sees,
 * and replayed in order on a fresh copy if another request wrote meanwhile.
 * @module
 */
import { randomBytes } from "node:crypto";
import { SessionError } from "../errors.ts";
import type { DataCodec, StandardSchema } from "../options.ts";
import type { Contents, FlashEntry } from "./values.ts";
import { dataError, deepFreeze, storable, writeContents } from "./values.ts";

export type Change =
  | { readonly op: "set"; readonly key: string; readonly value: unknown }
  | { readonly op: "delete"; readonly key: string }
  | { readonly op: "update"; readonly key: string; readonly change: (value: unknown) => unknown }
  | { readonly op: "flash"; readonly entry: FlashEntry }
  | { readonly op: "take"; readonly ids: readonly string[] };

/** What data must keep to. */
export interface DataRules {
  readonly codec: DataCodec | undefined;
  readonly schema: StandardSchema<unknown> | undefined;
  readonly maxDataBytes: number;
}

/** A flash message under a name of its own, so that exactly what was shown is removed. */
export function flashChange(kind: string, value: unknown, rules: DataRules): Change {
  const entry = {
    id: randomBytes(6).toString("base64url"),
    kind,
    value: storable(`flash ${kind}`, value, rules.codec),
  };
  return { op: "flash", entry };
}

/**
 * @returns The contents after the change, which are new objects.
 * @throws {SessionError} HOLDFAST_DATA if the result cannot be stored.
 */
export function applyChange(contents: Contents, change: Change, rules: DataRules): Contents {
  switch (change.op) {
    case "flash":
      return { ...contents, flash: [...contents.flash, change.entry] };
    case "take":
      return { ...contents, flash: contents.flash.filter(({ id }) => !change.ids.includes(id)) };
    case "delete": {
      if (!contents.values.has(change.key)) return contents;
      const values = new Map<string, unknown>(contents.values);
      values.delete(change.key);
      return { ...contents, values };
    }
    case "set":
      return {
        ...contents,
        values: new Map<string, unknown>(contents.values).set(change.key, change.value),
      };
    case "update": {
      const before = contents.values.get(change.key);
      const after = change.change(deepFreeze(before));
      if (after instanceof Promise) {
        throw dataError(
          change.key,
          "was updated by an asynchronous function; use a synchronous one",
        );
      }
      const values = new Map<string, unknown>(contents.values);
      if (after === undefined) values.delete(change.key);
      else values.set(change.key, storable(change.key, after, rules.codec));
      return { ...contents, values };
    }
  }
}

/** Replays a request's changes, in order, on what another request has left. */
export function replay(from: Contents, log: readonly Change[], rules: DataRules): Contents {
  return log.reduce((contents, change) => applyChange(contents, change, rules), from);
}

/**
 * The text to be sealed, after every rule has been checked.
 *
 * @throws {SessionError} HOLDFAST_DATA if the data is too large or the schema refuses it.
 */
export function checkedText(contents: Contents, rules: DataRules): string {
  const text = writeContents(contents, rules.codec);
  const bytes = Buffer.byteLength(text);
  if (bytes > rules.maxDataBytes) {
    const message = `Session data would be ${bytes} bytes; policy.maxDataBytes allows ${rules.maxDataBytes}`;
    throw new SessionError("HOLDFAST_DATA", message, { bytes });
  }
  if (rules.schema !== undefined) checkSchema(rules.schema, contents);
  return text;
}

function checkSchema(schema: StandardSchema<unknown>, { values }: Contents): void {
  const result = schema["~standard"].validate(Object.fromEntries(values));
  if (result instanceof Promise) {
    result.catch(() => {}); // The error below says what is wrong with such a schema.
    throw new SessionError(
      "HOLDFAST_DATA",
      "The data schema is asynchronous; use a synchronous one",
    );
  }
  const [issue] = result.issues ?? [];
  if (issue === undefined) return;
  // Only where it fails is named: a validator's message may quote the value.
  const [first] = issue.path ?? [];
  const step = typeof first === "object" && first !== null && "key" in first ? first.key : first;
  throw dataError(String(step ?? "(whole)"), "is refused by the data schema");
}
