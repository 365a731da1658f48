/**
 * What the processors of `%env(processor:NAME)%` make of a variable's text.
 * @module
 */
import type { Origin, Place } from "../../../evidence.ts";
import type { Scalar } from "../../config/config-node.ts";
import type { Resolved } from "./resolved.ts";

export function booleanOf(value: Scalar): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  if (value === null) return false;
  return /^(1|true|on|yes)$/i.test(value)
    ? true
    : /^(0|false|off|no|)$/i.test(value)
      ? false
      : undefined;
}

export function placeIn(origin: Origin): { place?: Place } {
  return origin.place === undefined ? {} : { place: origin.place };
}

export function keyOf(inner: Resolved, key: string): Resolved {
  const text = typeof inner.value === "string" ? inner.value : "";
  try {
    const value: unknown = (JSON.parse(text) as Record<string, unknown>)[key];
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) {
      return { ...inner, value: value as Scalar };
    }
  } catch {
    // Not JSON, or of a url: or query_string: processor; said by the origin below.
  }
  return unknownFrom(inner, `takes the key ${key} out of a variable`);
}

function unknownFrom(inner: Resolved, why: string): Resolved {
  if (inner.value === undefined) return inner;
  return { ...inner, value: undefined, origin: { kind: "unknown", why, ...placeIn(inner.origin) } };
}

export function process(processor: string, inner: Resolved): Resolved {
  const { value } = inner;
  if (value === undefined) return inner;
  switch (processor) {
    case "string":
    case "resolve":
    // `key:` takes the text apart itself.
    case "json":
    case "const":
      return inner;
    case "trim":
      return { ...inner, value: typeof value === "string" ? value.trim() : value };
    case "bool":
      return { ...inner, value: booleanOf(value) ?? false };
    case "not":
      return { ...inner, value: !(booleanOf(value) ?? false) };
    case "int":
    case "float":
      return { ...inner, value: Number.parseFloat(String(value)) || 0 };
    case "base64":
      return { ...inner, value: Buffer.from(String(value), "base64").toString("utf8") };
    case "defined":
      return { ...inner, value: value !== "" && value !== null };
    case "file":
    case "require":
      return unknownFrom(inner, "is read from a file that the deployment has");
    default:
      return unknownFrom(inner, `goes through the processor ${processor}`);
  }
}
